"""The language that runs are filtered by: ``lr>0.01 best>98% age<2d "with flip"``."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cnn_tui.errors import InputError
from cnn_tui.runs import records
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.columns import (
    Column,
    Kind,
    UnknownColumnError,
    Value,
    any_text,
    column_named,
)
from cnn_tui.runs.known import Known, Need
from cnn_tui.runs.layout import UNREADABLE
from cnn_tui.runs.sheet import Sheet
from cnn_tui.runs.status import model_name
from cnn_tui.text import printable

Test = Callable[[Any], bool]
Compare = Callable[[Any, Any], bool]

_TOKEN = re.compile(
    r"""(?:(?P<name>[^\W\d][\w.]*)\s*(?P<operator>!=|<=|>=|=|<|>|~)\s*)?
        (?P<value>"[^"]*"|'[^']*'|[^\s"']\S*)?""",
    re.VERBOSE,
)
_COMPARE: dict[str, Compare] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_BYTES = {"": 1, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_FACTORS = {"": 1, "k": 1e3, "M": 1e6}
_SHARES = {"": 1, "%": 0.01}
_UNITS: dict[Kind, tuple[dict[str, float], str]] = {
    Kind.COUNT: (_FACTORS, "a number, such as 500, 10k or 3M"),
    Kind.NUMBER: (_FACTORS, "a number, such as 0.01 or 1e-3"),
    Kind.SHARE: (_SHARES, "a share, such as 98% or 0.98"),
    Kind.SECONDS: (dict(_SECONDS), "a time with its unit, such as 90s, 5min, 2h or 3d"),
    Kind.MOMENT: (dict(_SECONDS), "an age with its unit, such as 30min, 2h, 3d or 1w"),
    Kind.BYTES: (dict(_BYTES), "a size, such as 500MB or 2GiB"),
}


class QueryError(InputError):
    """A filter that means nothing; ``position`` is where, from 0."""

    def __init__(self, sentence: str, position: int) -> None:
        """The sentence says what is allowed there."""
        super().__init__(f"the filter, at character {position + 1}: {sentence}")
        self.sentence = sentence
        self.position = position


@dataclass(frozen=True, slots=True)
class Query:
    """What runs must be like: each test holds for the value of its column."""

    terms: tuple[tuple[Column, Test], ...] = ()

    @property
    def columns(self) -> list[Column]:
        """The columns that it asks for."""
        return [column for column, _ in self.terms]

    @property
    def needs(self) -> set[Need]:
        """What has to be read for it, beside the status."""
        return {column.need for column, _ in self.terms if column.need}

    def places(self, sheet: Sheet) -> list[int]:
        """Returns the places of the runs in a sheet that are like that."""
        places: Iterable[int] = range(len(sheet.runs))
        for column, holds in self.terms:
            values = sheet.values(column)
            places = [place for place in places if holds(values[place])]
        return list(places)


def parse_query(text: str, seen: Iterable[str] = ()) -> Query:
    """Returns what a filter means; an empty one holds for every run.

    ``seen`` are keys of configs that other programs wrote.

    Raises:
        QueryError: It means nothing.
    """
    return Query(tuple(_terms(text, tuple(seen))))


def _terms(text: str, seen: tuple[str, ...]) -> Iterator[tuple[Column, Test]]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        found = _TOKEN.match(text, position)
        if found is None or found.end() == position:
            raise QueryError("a quotation mark is never closed", position)
        if found["name"] is None:
            yield _WORDS, _word_test(found["value"], position)
        else:
            yield _comparison(found, text, seen)
        position = found.end()


def _word_test(value: str, position: int) -> Test:
    if value[0] in "=!<>~":
        raise QueryError(f"there is no name before {printable(value)}", position)
    word = _unquoted(value).casefold()
    return lambda searched: word in searched


def _comparison(
    found: re.Match[str], text: str, seen: tuple[str, ...]
) -> tuple[Column, Test]:
    name, sign, start = found["name"], found["operator"], found.start()
    try:
        column = column_named(name, seen)
    except UnknownColumnError as error:
        raise QueryError(str(error), start) from error
    if found["value"] is None:
        is_quote = found.end() < len(text)
        what = (
            "a quotation mark is never closed"
            if is_quote
            else f"a value is missing after {name}{sign}"
        )
        raise QueryError(what, found.end())
    try:
        return column, _test_of(column, sign, found["value"])
    except ValueError as error:
        raise QueryError(str(error), found.start("value")) from error


def _test_of(column: Column, sign: str, value: str) -> Test:
    """Returns the test of a comparison. Raises ValueError where it makes no sense."""
    wanted = _unquoted(value)
    if value.casefold() in ("none", "–") and sign in ("=", "!="):
        return lambda found: (found in (None, ())) is (sign == "=")
    holds = _holds(column, sign, wanted)
    return lambda found: sign == "!=" if found is None else holds(found)


def _holds(column: Column, sign: str, wanted: str) -> Test:
    if column.kind in _UNITS:
        return _number_holds(column, sign, _number(column, wanted))
    if column.kind is Kind.TAGS:
        return _tags_hold(column, sign, wanted.casefold())
    if column.kind is Kind.ANY and sign != "~":
        number = _any_number(wanted)
        if number is not None:
            compare = _comparing(sign)
            return lambda found: _is_number(found) and compare(found, number)
        if sign in _COMPARE:
            raise ValueError(f"{column.name}{sign} needs a number")
    return _text_holds(column, sign, wanted.casefold())


def _text_holds(column: Column, sign: str, wanted: str) -> Test:
    if sign == "~":
        return lambda found: wanted in _text(found)
    if sign in _COMPARE:
        raise ValueError(f"{column.name} is text: use =, != or ~")
    return lambda found: (_text(found) == wanted) is (sign == "=")


def _tags_hold(column: Column, sign: str, wanted: str) -> Test:
    if sign == "~":
        return lambda found: any(wanted in tag.casefold() for tag in found)
    if sign in _COMPARE:
        raise ValueError(f"{column.name} are words: use =, != or ~")
    return lambda found: (wanted in map(str.casefold, found)) is (sign == "=")


def _number_holds(column: Column, sign: str, number: float) -> Test:
    if sign == "~":
        raise ValueError(f"{column.name} is a number: use =, !=, <, <=, > or >=")
    compare = _comparing(sign)
    if column.kind is Kind.MOMENT:
        now = records.now().timestamp()
        return lambda found: compare(now - found, number)
    return lambda found: compare(found, number)


def _comparing(sign: str) -> Compare:
    if (compare := _COMPARE.get(sign)) is not None:
        return compare
    # 98% is 98 · 0.01, which is not the float that 0.98 is.
    return lambda found, wanted: math.isclose(found, wanted) is (sign == "=")


def _number(column: Column, text: str) -> float:
    units, example = _UNITS[column.kind]
    found = _NUMBER.fullmatch(text)
    if found is None or found[2] not in units:
        raise ValueError(f"{column.name} is {example}, not {printable(text)}")
    value = float(found[1]) * units[found[2]]
    if column.kind is Kind.SHARE and value > 1:
        if float(found[1]) > 100:
            raise ValueError(f"{column.name} is at most 100%, not {text}")
        raise ValueError(f"{column.name} is at most 1: write {found[1]}% for percent")
    return value


def _any_number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    factors = _FACTORS | _SHARES
    if found is None or found[2] not in factors:
        return None
    return float(found[1]) * factors[found[2]]


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Value) -> str:
    return (value if isinstance(value, str) else any_text(value)).casefold()  # type: ignore[arg-type]


def _unquoted(value: str) -> str:
    return value[1:-1] if value[0] in "\"'" else value


def _searched(run: RunSummary, _known: Known) -> str:
    """Returns the text that bare words are looked for in."""
    status = run.status
    if status is None:
        return f"{run.id} {UNREADABLE}".casefold()
    shown = (run.id, status.name, model_name(status), status.title, run.state)
    return " ".join(shown).casefold()


_WORDS = Column(name=" words", kind=Kind.TEXT, value=_searched, width=0)
"""What bare words are a part of."""
