"""Tables of text: CSV with a header, and lines of JSON objects."""

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from cnn_tui.errors import InputError
from cnn_tui.foreign.columns import EPOCH, MAX_STEP, TIME, Columns, Series
from cnn_tui.io.files import open_regular
from cnn_tui.text import printable

STEP_NAMES = ("step", "_step", "global_step", "iteration", "iterations", "iter")
TIME_NAMES = (
    *("time", "_runtime", "elapsed", "seconds"),
    *("wall_time", "wall time", "_timestamp", "timestamp"),
)
_ROWS_AT_ONCE = 10_000
_MAX_LINE = 2**20
_NO_STEP = -1
_DELIMITERS = ",;\t"


def read_csv(path: Path, columns: Columns, *, counts_epochs: bool = False) -> None:
    """Adds the rows of a CSV file; with ``counts_epochs`` its first epoch is 1.

    Raises:
        InputError: it has no header with a column of steps or epochs, or is no CSV.
        OSError: it cannot be read.
    """
    with _opened(path) as file:
        names, delimiter = _header(file, path)
        reader = csv.reader(_lines(file), delimiter=delimiter)
        chunks = iter(lambda: list(itertools.islice(reader, _ROWS_AT_ONCE)), [])
        try:
            for chunk in chunks:
                cells = itertools.zip_longest(*chunk, fillvalue="")
                table = dict(zip(names, cells, strict=False))
                _take(table, columns, path, counts_epochs=counts_epochs)
        except csv.Error as error:
            raise InputError(f"{printable(path)}: is no CSV: {error}") from error


def read_json_lines(path: Path, columns: Columns) -> None:
    """Adds the rows of a file of JSON objects, one a line; keys as CSV columns.

    Raises:
        InputError: a row has no step or epoch.
        OSError: it cannot be read.
    """
    decode, bad = msgspec.json.Decoder(dict[str, Any]).decode, 0
    with _opened(path) as file:
        lines = _lines(file)
        while chunk := list(itertools.islice(lines, _ROWS_AT_ONCE)):
            rows: list[dict[str, Any]] = []
            for line in filter(str.strip, chunk):
                try:
                    rows.append(decode(line))
                except (ValueError, RecursionError):
                    bad += 1
            names = dict.fromkeys(name for row in rows for name in row)
            if rows:
                table = {name: [row.get(name) for row in rows] for name in names}
                _take(table, columns, path, counts_epochs=False)
    if bad:
        columns.left_out[path.name] = f"{bad:,} lines are no JSON objects"


def read_header(path: Path) -> list[str]:
    """Returns the names in the first line of a CSV file; raises InputError, OSError."""
    with _opened(path) as file:
        return _header(file, path)[0]


def column_named(names: Iterable[str], wanted: Sequence[str]) -> str | None:
    """Returns the first of the ``wanted`` names that is there, in any case."""
    known = {name.lower(): name for name in names}
    return next((known[name] for name in wanted if name in known), None)


def _take(
    table: Mapping[str, Sequence[Any]],
    columns: Columns,
    path: Path,
    *,
    counts_epochs: bool,
) -> None:
    """Adds some rows, given by column."""
    step, epoch = (column_named(table, it) for it in (STEP_NAMES, (EPOCH,)))
    time = column_named(table, TIME_NAMES)
    counted = step or epoch
    if counted is None:
        raise InputError(
            f"{printable(path)}: has no column of steps: name one of them "
            f"{', '.join(STEP_NAMES)} or {EPOCH}"
        )
    first = 1 if counts_epochs and step is None else 0
    steps = [_step(cell, first) for cell in table[counted]]
    if _NO_STEP in steps:
        columns.left_out[counted] = "rows without a step from 0 to 2,147,483,647"
    for name, cells in table.items():
        called = {epoch: EPOCH, time: TIME}.get(name, name)
        if name != step and (series := columns.of(called)) is not None:
            shift = first if name == epoch else 0
            if _fill(series, steps, cells, shift):
                columns.left_out[name] = "some of it is no number"
    columns.check_size()


def _step(cell: Any, first: int) -> int:
    try:
        step = int(float(cell)) + first
    except (TypeError, ValueError, OverflowError):
        return _NO_STEP
    return step if 0 <= step <= MAX_STEP else _NO_STEP


def _fill(series: Series, steps: list[int], cells: Iterable[Any], shift: int) -> bool:
    """Adds the numbers among the cells; returns whether there was anything else."""
    add_step, add_value, odd = series.steps.append, series.values.append, False
    for step, cell in zip(steps, cells, strict=True):
        if cell is None or cell == "" or step < 0:
            continue
        try:
            value = float(cell) + shift
        except (TypeError, ValueError, OverflowError):
            odd = True
            continue
        add_step(step)
        add_value(value)
    return odd


def _opened(path: Path) -> IO[str]:
    descriptor = open_regular(path)
    return open(descriptor, newline="", encoding="utf-8-sig", errors="replace")


def _lines(file: IO[str]) -> Iterator[str]:
    """Yields lines; what is longer than any line is cut, whatever a file holds."""
    return iter(lambda: file.readline(_MAX_LINE), "")


def _header(file: IO[str], path: Path) -> tuple[list[str], str]:
    """Reads the first line; returns its names, and what stands between them."""
    first = file.readline(_MAX_LINE)
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error as error:
        raise InputError(f"{printable(path)}: is no CSV: {error}") from error
    if not names:
        raise InputError(f"{printable(path)}: is empty: a CSV file begins with names")
    return [name.strip() for name in names], delimiter
