"""Rows streamed from disk are those that a reader has, whatever was written."""

import itertools
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from cnn_tui.runs import lines, records
from cnn_tui.runs.records import Metrics, MetricsRow, Rewind
from cnn_tui.runs.rows import metrics_rows

from .conftest import evaluation_row, metrics_of, train_row

KINDS = {"train": ["train/loss"], "test": ["test/loss"]}
KINDS["both"] = KINDS["train"] + KINDS["test"]

_rubbish = st.sampled_from([b"{", b"[]", b'{"step": 1}', b'{"train/loss": 1}'])
_row = st.tuples(st.sampled_from(["train", "test", "both"]), st.integers(0, 12))
_rewind = st.builds(Rewind, rewind_to=st.integers(0, 12))


def _rows(
    history: Sequence[tuple[str, int] | Rewind | bytes],
) -> list[Metrics | bytes]:
    """Returns lines; each row has a loss of its own, to know it again."""
    losses = itertools.count()
    written: list[Metrics | bytes] = []
    for item in history:
        if isinstance(item, tuple):
            kind, step = item
            loss = float(next(losses))
            row = {"step": step, **dict.fromkeys(KINDS[kind], loss)}
            written.append(records.encode_line(row).rstrip())
        else:
            written.append(item)
    return written


def _train(rows: Sequence[MetricsRow]) -> list[tuple[object, object]]:
    return [(row.step, row.train_loss) for row in rows if row.train_loss is not UNSET]


def _tests(rows: Sequence[MetricsRow]) -> list[tuple[object, object]]:
    return [(row.step, row.test_loss) for row in rows if row.test_loss is not UNSET]


@settings(deadline=None, max_examples=200)
@given(st.lists(_row | _row | _rewind | _rubbish, max_size=40))
def test_the_rows_of_a_reader_are_streamed(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[str, int] | Rewind | bytes],
) -> None:
    path = tmp_path_factory.mktemp("run")
    reader = metrics_of(path, _rows(history))
    rows = list(metrics_rows(path))
    for table, streamed in [(reader.train, _train), (reader.tests, _tests)]:
        kept = zip(table["step"].tolist(), table["loss"].tolist(), strict=True)
        assert streamed(rows) == list(kept)


def test_rows_come_in_the_order_of_the_file_with_all_that_they_hold(
    tmp_path: Path,
) -> None:
    metrics_of(
        tmp_path,
        [
            train_row(1),
            train_row(2, lr=0.5),
            evaluation_row(2, loss=0.5, accuracy=0.25),
            train_row(3),
            Rewind(rewind_to=2),
            train_row(3, lr=0.125),
        ],
    )
    first, second, tested, third = metrics_rows(tmp_path)
    assert (first.step, second.lr, third.lr) == (1, 0.5, 0.125)
    assert (tested.test_loss, tested.test_accuracy) == (0.5, 0.25)


def test_a_rewind_that_comes_while_rows_are_streamed_ends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "CHUNK_BYTES", 200)  # so that the rest is read later
    metrics_of(tmp_path, [train_row(step) for step in range(1, 11)])
    rows = metrics_rows(tmp_path)
    taken = [next(rows)]
    with (tmp_path / "metrics.jsonl").open("ab") as writing:
        for row in (train_row(11), Rewind(rewind_to=5), train_row(6)):
            writing.write(records.encode_line(row))
    taken += rows
    assert [row.step for row in taken] == list(range(1, 12))


def test_only_rewinds_are_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "CHUNK_BYTES", 1000)
    metrics_of(tmp_path, (train_row(step) for step in range(1, 20_001)))
    rows = metrics_rows(tmp_path)
    next(rows)
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows) == 19_999
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 100_000


def test_a_run_without_metrics_has_no_rows(tmp_path: Path) -> None:
    assert list(metrics_rows(tmp_path)) == []
