"""Many runs at a glance, from their ``status.json`` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.layout import ENDED, STATUS, run_names
from cnn_tui.runs.liveness import shown_state
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run of a list. ``status`` is None where ``problem`` says what is wrong."""

    path: Path
    status: Status | None = None
    problem: str | None = None

    @property
    def id(self) -> str:
        """The id of the run: the name of its directory."""
        return self.path.name

    @property
    def state(self) -> str:
        """A key of GLYPHS, or "damaged"."""
        return "damaged" if self.status is None else shown_state(self.status)


def list_runs(folder: Path) -> list[RunSummary]:
    """Returns the runs in ``folder``, newest first, damaged ones last.

    Raises:
        RunDirectoryError: ``folder`` cannot be read.
    """
    return refresh_runs(folder, ())


def refresh_runs(folder: Path, known: Sequence[RunSummary]) -> list[RunSummary]:
    """Returns the runs in ``folder`` again, reading only live, damaged and new ones.

    Raises:
        RunDirectoryError: ``folder`` cannot be read.
    """
    ended = {run.id: run for run in known if run.status and run.status.state in ENDED}
    runs = [ended.get(name) or _summary(folder / name) for name in run_names(folder)]
    return sorted(runs, key=_started_at, reverse=True)


def _summary(path: Path) -> RunSummary:
    try:
        status = read_status(path)
    except RunDirectoryError as error:
        return RunSummary(path=path, problem=str(error))
    problem = None if status else f"it has no {STATUS}"
    return RunSummary(path=path, status=status, problem=problem)


def _started_at(run: RunSummary) -> datetime:
    return run.status.started_at if run.status else _LONG_AGO
