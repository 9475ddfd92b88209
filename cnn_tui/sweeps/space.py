"""The values that a sweep tries: ``lr=0.01..0.3:log``, ``optimizer.name=sgd,adam``."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnn_tui.config import Setting, full_key, variants
from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import dump_flow, parse_value
from cnn_tui.text import printable

MAX_COMBINATIONS = 10_000
_MAX_VALUES = 1000
_MAX_KEYS = 20
_SEED = "training.seed"
_RANGE = re.compile(r"([^.\s][^:\s]*?)\.\.([^:\s]+?)(?::([^:\s]+))?")
_HELP = (
    "must be KEY=VALUE,VALUE… or KEY=LOW..HIGH, with :log or :STEP after it, "
    "such as lr=0.01..0.3:log or batch_size=32..256:32"
)

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """One of these values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From ``low`` to ``high``, both included; whole numbers if both are some."""

    low: float
    high: float
    is_log: bool = False
    step: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


Dimension = Choices | Range
Space = Mapping[str, Dimension]
"""By full keys."""


def parse_space(texts: Iterable[str]) -> Space:
    """Reads ``KEY=VALUES`` texts, one for each key.

    Raises:
        ConfigError: for an unknown key, one given twice, or values that are none.
    """
    pairs = []
    for text in texts:
        key, equals, values = text.partition("=")
        if not equals:
            raise ConfigError(f"--over {printable(text)}: {_HELP}")
        pairs.append((key.strip(), values.strip()))
    return _space(pairs)


def space_from_mapping(value: object, source: str) -> Space:
    """Reads ``over`` of a file: keys, each with a text as in ``--over``, or a list.

    Raises:
        ConfigError: as ``parse_space``, or it is no such mapping.
    """
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{source}: over must be a mapping of keys to their values")
    return _space([(str(key), values) for key, values in value.items()])


def space_to_mapping(space: Space) -> dict[str, Any]:
    """Returns what ``space_from_mapping`` reads."""
    return {
        key: list(it.values) if isinstance(it, Choices) else in_words(it)
        for key, it in space.items()
    }


def in_words(dimension: Dimension) -> str:
    """Returns values as they are written after ``--over KEY=``."""
    if isinstance(dimension, Choices):
        return ",".join(dump_flow(value) for value in dimension.values)
    ends = f"{dimension.low!r}..{dimension.high!r}"
    if dimension.is_log:
        return f"{ends}:log"
    return ends if dimension.step is None else f"{ends}:{dimension.step!r}"


def trial_settings(space: Space, value_of: Callable[[str], Value]) -> list[Setting]:
    """Returns the values of one trial: choices of an optimizer and its like first.

    A key that the chosen optimizer, loss or schedule does not have is not asked for
    and not set: a ``momentum`` belongs to the trials whose optimizer has one.
    """
    settings: dict[str, Value] = {}
    for key in sorted(space, key=lambda key: not key.endswith(".name")):
        if belongs(key, settings):
            settings[key] = value_of(key)
    return list(settings.items())


def belongs(key: str, chosen: Mapping[str, object]) -> bool:
    """Whether the optimizer, loss or schedule that was chosen, if any, has a key."""
    choice, _, name = key.rpartition(".")
    word = chosen.get(f"{choice}.name")
    if word is None or not choice.startswith("training."):
        return True
    variant = variants(choice).get(str(word))
    return variant is None or name in variant.model_fields


def combinations(space: Space) -> list[dict[str, Value]]:
    """Returns all combinations of a grid, each once, in the order of the keys.

    Raises:
        ConfigError: for a range without a step, or too many of them.
    """
    lists = {key: grid_values(key, dimension) for key, dimension in space.items()}
    count = 1
    for values in lists.values():
        count *= len(values)
    if count > MAX_COMBINATIONS:
        raise ConfigError(
            f"a grid of {count:,} combinations: give fewer values, or a sampler that "
            f"tries some of them; at most {MAX_COMBINATIONS:,} are tried"
        )
    found: dict[tuple[Setting, ...], None] = {}
    for product in itertools.product(*lists.values()):
        chosen = dict(zip(lists, product, strict=True))
        found[tuple(trial_settings(space, chosen.__getitem__))] = None
    return [dict(settings) for settings in found]


def grid_values(key: str, dimension: Dimension) -> Sequence[Value]:
    """Returns the values of one key of a grid.

    Raises:
        ConfigError: for a range without a step.
    """
    if isinstance(dimension, Choices):
        return dimension.values
    if dimension.step is None:
        raise ConfigError(
            f"--over {key}={in_words(dimension)}: a grid needs values, or a step "
            "after the range, such as 32..256:32"
        )
    return _steps(dimension)


def telling_values(dimension: Dimension) -> Sequence[Value]:
    """Returns the values that tell whether all of them are allowed."""
    if isinstance(dimension, Choices):
        return dimension.values
    return (dimension.low, dimension.high)


def _space(pairs: Sequence[tuple[str, object]]) -> Space:
    if not 1 <= len(pairs) <= _MAX_KEYS:
        raise ConfigError(f"a sweep is over 1 to {_MAX_KEYS} keys, not {len(pairs)}")
    space: dict[str, Dimension] = {}
    for name, values in pairs:
        try:
            key = full_key(name)
        except ConfigError as error:
            raise ConfigError(str(error).replace("--set", "--over", 1)) from error
        if key in space or key == _SEED:
            raise ConfigError(
                f"--over {key}: is given twice"
                if key in space
                else f"--over {key}: say by --seeds N how many seeds each trial has"
            )
        space[key] = _dimension(values, name)
    return space


def _dimension(values: object, name: str) -> Dimension:
    if isinstance(values, str) and (found := _RANGE.fullmatch(values)):
        return _range(name, *found.groups())
    if isinstance(values, str):
        values = [parse_value(each.strip()) for each in values.split(",") if each]
    chosen: list[Any] = values if isinstance(values, list) else [values]
    if not 1 <= len(chosen) <= _MAX_VALUES or not all(map(_is_single, chosen)):
        raise ConfigError(f"--over {printable(name)}: {_HELP}")
    return Choices(values=tuple(_once(chosen)))


def _range(name: str, low: str, high: str, how: str | None) -> Dimension:
    start, end = parse_value(low), parse_value(high)
    step = None if how in (None, "log") else parse_value(str(how))
    numbers = [it for it in (start, end, step) if it is not None]
    if not all(_is_number(it) for it in numbers) or not start < end:
        raise ConfigError(f"--over {printable(name)}={printable(low)}..…: {_HELP}")
    if (how == "log" and start <= 0) or (step is not None and step <= 0):
        raise ConfigError(
            f"--over {printable(name)}: a logarithmic range, and a step, are above 0"
        )
    is_whole = all(isinstance(it, int) for it in numbers)
    if not is_whole:
        start, end = float(start), float(end)
    found = Range(low=start, high=end, is_log=how == "log", step=step)
    if step is None:
        return found
    *others, last = _steps(found)
    return replace(found, high=last) if others else Choices(values=(last,))


def _steps(dimension: Range) -> list[float]:
    """Returns all values of a range that has a step."""
    low, step = dimension.low, dimension.step or 1
    steps = (dimension.high - low) / step + 1e-9
    if steps >= _MAX_VALUES:
        raise ConfigError(
            f"--over …{in_words(dimension)}: has more than {_MAX_VALUES:,} values: "
            "give a larger step, or none"
        )
    count = int(steps) + 1
    values = [low + number * step for number in range(count)]
    return values if dimension.is_whole else [float(f"{it:.12g}") for it in values]


def _once(values: Iterable[object]) -> Iterator[Any]:
    """Yields values but those that were there: true is not 1, and 1 is not 1.0."""
    seen = set[str]()
    for value in values:
        if repr(value) not in seen:
            seen.add(repr(value))
            yield value


def _is_single(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) < 1e15
    )


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """Returns what keys are called beside each other: lr, optimizer."""
    ends = {key: key.removesuffix(".name").rpartition(".")[2] for key in keys}
    counts = Counter(ends.values())
    return {key: end if counts[end] == 1 else key for key, end in ends.items()}
