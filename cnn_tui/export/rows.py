"""The rows of a run as tables: csv, json and parquet, streamed."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import UNSET

from cnn_tui.runs.records import MetricsRow
from cnn_tui.runs.rows import metrics_rows

Row = dict[str, Any]

_PLACE = {"step": "step", "epoch": "epoch", "time": "time"}
_TRAIN = _PLACE | {
    "train/loss": "train_loss",
    "train/accuracy": "train_accuracy",
    "lr": "lr",
    "images_per_second": "images_per_second",
}
_TEST = _PLACE | {
    "test/loss": "test_loss",
    "test/accuracy": "test_accuracy",
    "validation/loss": "validation_loss",
    "validation/accuracy": "validation_accuracy",
}
COLUMNS = tuple(_TRAIN | _TEST)
_AT_ONCE = 50_000


def counted_rows(run: Path) -> Iterator[Row]:
    """Yields the rows that count, by the names of the contract; None is not finite.

    A train row has the columns of training, a test row those of tests.
    """
    for row in metrics_rows(run):
        if row.train_loss is not UNSET:
            yield _columns(row, _TRAIN)
        if row.test_loss is not UNSET:
            yield _columns(row, _TEST)


def write_csv(run: Path, file: BinaryIO) -> None:
    """Writes rows with a header; what a row has not, or is not finite, is empty."""
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(counted_rows(run))
    text.detach()  # flushes, and leaves the file open


def write_json(run: Path, file: BinaryIO) -> None:
    """Writes an array of objects, one a line."""
    lines = map(msgspec.json.encode, counted_rows(run))
    file.write(b"[")
    for line in chain(islice(lines, 1), (b",\n" + line for line in lines)):
        file.write(line)
    file.write(b"]\n")


def write_parquet(run: Path, file: BinaryIO) -> None:
    """Writes rows as columns; ``step`` is an int32, all else doubles, or null."""
    import pyarrow
    import pyarrow.parquet

    kinds = {name: pyarrow.float64() for name in COLUMNS} | {"step": pyarrow.int32()}
    schema = pyarrow.schema(kinds.items())
    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for some in _batches(counted_rows(run)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema))


def _columns(row: MetricsRow, columns: dict[str, str]) -> Row:
    return {name: getattr(row, attribute) for name, attribute in columns.items()}


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
