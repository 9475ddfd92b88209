"""Many runs at a glance, from their ``status.json`` alone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import Stamp
from cnn_tui.runs.annotations import (
    NONE,
    Annotations,
    annotations_stamp,
    read_annotations,
)
from cnn_tui.runs.layout import ENDED, LOST, STATUS, UNREADABLE, run_names
from cnn_tui.runs.liveness import is_lost
from cnn_tui.runs.queue_rows import QueueRow, QueueRows
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_stamped_status, status_stamp

LOOKS_PER_REFRESH = 1000
"""At ended runs. Each costs 3 µs here, and a question to the server elsewhere."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run of a list. ``status`` is None where ``problem`` says what is wrong."""

    path: Path
    status: Status | None = None
    problem: str | None = None
    lost: bool = False
    """Whether its trainer was gone when this was read."""
    stamp: Stamp = ()
    """Of the ``status.json`` that was read."""
    written: Annotations = NONE
    """What people wrote about it, and the stamp of that."""
    written_stamp: Stamp = ()
    is_job: bool = False
    """Whether it is no run yet, but a job of the queue."""

    @property
    def id(self) -> str:
        """The id of the run: the name of its directory."""
        return self.path.name

    @property
    def state(self) -> str:
        """A key of GLYPHS, the word of an unknown state, or UNREADABLE."""
        if self.status is None:
            return UNREADABLE
        return LOST if self.lost else self.status.state


class Catalog:
    """The runs in a folder, kept up to date at a cost that is bounded."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet."""
        self._folder = folder
        self._known: dict[str, RunSummary] = {}
        self._forgotten = set[str]()
        self._turn = 0
        self._queue = QueueRows(folder)

    def refresh(self) -> list[RunSummary]:
        """Returns the runs, newest first, unreadable ones last.

        One that did not change is the same object. An ended run that somebody goes on
        with is noticed in its turn: at once, or among thousands within seconds.

        Raises:
            RunDirectoryError: The folder cannot be read.
        """
        forgotten, self._forgotten = self._forgotten, set()
        for name in forgotten:
            self._known.pop(name, None)
        names = run_names(self._folder)
        slices = -(-len(names) // LOOKS_PER_REFRESH)
        self._turn += 1
        self._known = {
            name: self._summary(name, is_due=(place + self._turn) % slices == 0)
            for place, name in enumerate(names)
        }
        jobs = [_job(self._folder, row) for row in self._queue.refresh(set(names))]
        return sorted([*jobs, *self._known.values()], key=_started_at, reverse=True)

    def forget(self, name: str) -> None:
        """Reads a run again at the next refresh, whether its turn has come or not."""
        self._forgotten.add(name)

    def _summary(self, name: str, *, is_due: bool) -> RunSummary:
        """Returns a run as it is now, read again only where it may have changed."""
        known = self._known.get(name)
        if known is None or known.status is None:
            return _read(self._folder / name)
        if known.status.state not in ENDED:
            found = _read(known.path)  # a live one changes each second
            return known if found == known else found
        if not is_due:
            return known
        if status_stamp(known.path) != known.stamp:
            return _read(known.path)
        if annotations_stamp(known.path) != known.written_stamp:
            return _read(known.path)
        return known


def list_runs(folder: Path) -> list[RunSummary]:
    """Returns the runs in ``folder``, newest first, unreadable ones last.

    Raises:
        RunDirectoryError: ``folder`` cannot be read.
    """
    return Catalog(folder).refresh()


def _read(path: Path) -> RunSummary:
    try:
        status, found = read_stamped_status(path)
    except RunDirectoryError as error:
        return RunSummary(path=path, problem=str(error))
    if status is None:
        return RunSummary(path=path, problem=f"it has no {STATUS}")
    written, written_stamp = read_annotations(path)
    return RunSummary(
        path=path,
        status=status,
        lost=is_lost(status),
        stamp=found,
        written=written,
        written_stamp=written_stamp,
    )


def _job(folder: Path, row: QueueRow) -> RunSummary:
    return RunSummary(
        path=folder / row.run_id,
        status=row.status,
        problem=row.problem,
        stamp=row.stamp,
        is_job=True,
    )


def _started_at(run: RunSummary) -> datetime:
    return run.status.started_at if run.status else _LONG_AGO
