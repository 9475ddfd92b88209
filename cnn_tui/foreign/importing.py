"""From the log of another program to a run directory, once."""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.foreign.columns import EPOCH, RESERVED, SPEED, TIME, Columns, rows
from cnn_tui.foreign.names import assigned
from cnn_tui.foreign.sources import Log, Source, read_source
from cnn_tui.io.files import open_regular
from cnn_tui.runs.config import Foreign, foreign_text, plain, read_config_text
from cnn_tui.runs.layout import State, run_names
from cnn_tui.runs.records import Best, Status
from cnn_tui.runs.writer import RunWriter
from cnn_tui.text import printable

_ROWS_AT_ONCE = 10_000
_COMMON_STEMS = {"metrics", "history", "log", "logs", "training", "wandb-history"}
_DIGEST_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a log."""

    run: Path
    is_new: bool
    """Otherwise the same log had been imported as this run."""
    rows: int = 0
    curves: Mapping[str, str] | None = None
    """Our curves by the names in the log."""
    others: Sequence[str] = ()
    """Names that were kept as they are."""
    notes: Mapping[str, str] | None = None
    """What was not understood, or understood with a grain of salt, and why."""


def import_source(
    source: Source, folder: Path, *, wanted: Mapping[str, str], name: str | None
) -> Imported:
    """Makes a run in ``folder`` of a log, unless that was done before.

    ``wanted`` are curves by names of the log, ``name`` is the run's.

    Raises:
        InputError: it cannot be read, has no values, or no run can be made.
    """
    digest = _digest(source)
    if (known := _run_with(digest, folder)) is not None:
        return Imported(run=known, is_new=False)
    log = read_source(source)
    names = [key for key in log.columns.series if key not in (EPOCH, TIME)]
    if not any(log.columns.series[key].steps for key in names):
        raise InputError(f"{printable(source.files[0])}: has no values to import")
    curves = assigned(names, wanted)
    notes = dict(log.columns.left_out)
    notes |= {key: "is not in the log" for key in wanted if key not in names}
    _as_fractions(log.columns, curves, notes)
    rest = [key for key in names if key not in curves]
    others = [key for key in rest if key not in RESERVED]
    ours = "is a name of ours for something else, and is left out"
    notes |= {key: ours for key in rest if key in RESERVED}
    run, count = _write(source, log, curves, digest, folder, name)
    return Imported(
        run=run, is_new=True, rows=count, curves=curves, others=others, notes=notes
    )


def _write(
    source: Source,
    log: Log,
    curves: Mapping[str, str],
    digest: str,
    folder: Path,
    name: str | None,
) -> tuple[Path, int]:
    """Writes the run; returns its path and the number of its rows."""
    origin = {"kind": source.kind, "path": printable(source.files[0]), "sha256": digest}
    config = Foreign(
        source=plain({**origin, "names": dict(curves)}), values=plain(log.values)
    )
    called = name or _name_of(source)
    status = _status(source, log.columns, curves, called)
    writer = RunWriter.create(
        folder,
        name=called,
        config_text=foreign_text(config),
        status=status,
        now=status.started_at,
    )
    try:
        count, lines = 0, iter(rows(log.columns, curves))
        while chunk := list(itertools.islice(lines, _ROWS_AT_ONCE)):
            writer.foreign(chunk)
            count += len(chunk)
        writer.sync()
        if writer.failing is not None and not writer.retry():
            raise RunDirectoryError(
                f"{printable(writer.path)} cannot be written: {writer.failing}"
            )
    finally:
        writer.close()
    return writer.path, count


def _status(
    source: Source, columns: Columns, curves: Mapping[str, str], name: str
) -> Status:
    found = {target: columns.series[key].at_steps() for key, target in curves.items()}
    last = {target: _last(values) for target, (_, values) in found.items()}
    steps = [max(series.steps, default=0) for series in columns.series.values()]
    epochs, times, speed = (columns.series.get(it) for it in (EPOCH, TIME, SPEED))
    written = datetime.fromtimestamp(source.files[-1].stat().st_mtime).astimezone()
    started = columns.started_at
    return Status(
        name=name,
        title=f"from {printable(source.files[0].name)}",
        state=State.IMPORTED,
        reason=f"from {source.kind}",
        step=max(steps),
        total_steps=max(steps),
        epoch=max(epochs.values, default=0.0) if epochs else 0.0,
        started_at=_moment(started) or written,
        ended_at=written,
        training_seconds=max(times.values, default=0.0) if times else 0.0,
        images_per_second=_last(speed.at_steps()[1]) if speed else None,
        lr=last.get("lr"),
        train_loss=last.get("train/loss"),
        test_loss=last.get("test/loss"),
        test_accuracy=last.get("test/accuracy"),
        validation_loss=last.get("validation/loss"),
        validation_accuracy=last.get("validation/accuracy"),
        best=_best(found),
    )


def _best(found: Mapping[str, tuple[Any, Any]]) -> Best | None:
    """Returns the highest validation accuracy, else test accuracy, first come."""
    for target in ("validation/accuracy", "test/accuracy"):
        if target in found and np.isfinite(found[target][1]).any():
            steps, values = found[target]
            place = int(np.nanargmax(values))
            return Best(step=int(steps[place]), accuracy=float(values[place]))
    return None


def _last(values: Any) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else None


def _moment(seconds: float | None) -> datetime | None:
    with suppress(ValueError, OverflowError, OSError):
        return None if seconds is None else datetime.fromtimestamp(seconds).astimezone()
    return None


def _as_fractions(
    columns: Columns, curves: dict[str, str], notes: dict[str, str]
) -> None:
    """Brings accuracies in percent to 0…1; what is neither is no accuracy."""
    for name in [key for key, target in curves.items() if "accuracy" in target]:
        values = columns.series[name].values
        largest = max((value for value in values if value == value), default=0.0)
        if largest > 100 or min(values, default=0.0) < 0:
            del curves[name]
            notes[name] = "is no accuracy: it is not within 0 to 1, or 0 to 100 %"
        elif largest > 1:
            notes[name] = "is taken for percent"
            for place, value in enumerate(values):
                values[place] = value / 100


def _name_of(source: Source) -> str:
    stem = source.files[0].stem
    is_common = source.kind == "tensorboard" or stem.lower() in _COMMON_STEMS
    if not is_common:
        return stem
    folder = source.folder
    is_version = folder.name.startswith("version_")
    return f"{folder.parent.name}-{folder.name}" if is_version else folder.name


def _digest(source: Source) -> str:
    """Returns the beginning of the SHA-256 of all files; raises InputError."""
    digest = hashlib.sha256()
    for path in source.files:
        try:
            with open(open_regular(path), "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise InputError(
                f"{printable(path)} cannot be read: {error.strerror}"
            ) from error
    return digest.hexdigest()[:_DIGEST_DIGITS]


def _run_with(digest: str, folder: Path) -> Path | None:
    """Returns the run that was imported from files with this digest."""
    for name in run_names(folder):
        with suppress(RunDirectoryError):
            if f"sha256: {digest}" in read_config_text(folder / name):
                return folder / name
    return None
