"""The curves of a run as an event file of TensorBoard, without TensorFlow."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from cnn_tui.errors import RunDirectoryError
from cnn_tui.export.rows import counted_rows
from cnn_tui.runs.config import read_config_text
from cnn_tui.runs.layout import STATUS
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable

_PLACES = ("step", "epoch", "time")


def write_tensorboard(run: Path, file: BinaryIO) -> None:
    """Writes a scalar for each value of each row that counts, and the config as text.

    Wall times are the start of the run and its seconds of training, without pauses.

    Raises:
        RunDirectoryError: if the run has no config or status that can be read.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.summary.writer.record_writer import RecordWriter

    status = read_status(run)
    if status is None:
        raise RunDirectoryError(f"{printable(run)} has no {STATUS}")
    start, writer = status.started_at.timestamp(), RecordWriter(file)
    config = text_pb("config", _as_code(read_config_text(run)))
    head = Event(wall_time=start, file_version="brain.Event:2")
    text = Event(wall_time=start, summary=config)
    for event in chain((head, text), _events(run, start)):
        writer.write(event.SerializeToString())


def _events(run: Path, start: float) -> Iterator[Any]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    for row in counted_rows(run):
        values = [
            Summary.Value(tag=name, simple_value=value)
            for name, value in row.items()
            if name not in _PLACES and value is not None
        ]
        at, summary = start + (row["time"] or 0.0), Summary(value=values)
        yield Event(wall_time=at, step=row["step"], summary=summary)


def _as_code(text: str) -> str:
    """Returns text as an indented block of Markdown, which TensorBoard renders."""
    return "\n".join(f"    {printable(line)}" for line in text.splitlines())
