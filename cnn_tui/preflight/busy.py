"""Who trains on this machine, and would be slowed down by a measurement."""

import socket
from datetime import UTC, datetime
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.catalog import Catalog
from cnn_tui.runs.layout import State
from cnn_tui.runs.liveness import unable_to_obey
from cnn_tui.runs.records import Status


def who_trains(runs_folder: Path) -> str | None:
    """Returns the id of a run in the folder that this machine trains now, if any."""
    try:
        runs = Catalog(runs_folder).refresh()
    except RunDirectoryError:
        return None  # there are none
    return next((run.id for run in runs if run.status and _trains(run.status)), None)


def _trains(status: Status) -> bool:
    is_at_work = status.state in (State.STARTING, State.RUNNING)
    is_elsewhere = status.host not in (None, socket.gethostname())
    return (
        is_at_work
        and not is_elsewhere
        and unable_to_obey(status, datetime.now(UTC)) is None
    )
