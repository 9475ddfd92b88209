"""What whoever works the queue does for its sweeps, about once a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_tui.errors import CnnTuiError, LockedError, RunDirectoryError
from cnn_tui.io.files import FILE_MODE, Stamp, stamp
from cnn_tui.sweeps.files import (
    ENDED,
    FILE,
    JOURNAL,
    SweepFolder,
    list_sweeps,
    read_plan,
)
from cnn_tui.sweeps.search import Search
from cnn_tui.sweeps.study import reading
from cnn_tui.text import printable

_LOCK = "lock"


class Advancing:
    """The sweeps in a runs folder; several may advance them, one at a time each."""

    def __init__(self, runs_folder: Path) -> None:
        """Has opened none yet."""
        self._runs_folder = runs_folder
        self._searches: dict[str, tuple[tuple[Stamp, int], Search]] = {}

    def advance(self) -> list[str]:
        """Takes each sweep that has not ended a step further, but where another does.

        Returns what is wrong with any of them, in sentences.
        """
        problems = []
        for sweep in list_sweeps(self._runs_folder):
            if sweep.has(ENDED):
                self._searches.pop(sweep.name, None)
                continue
            try:
                with locked(sweep, 0), reading(sweep):
                    self._search(sweep).advance()
            except LockedError:
                continue
            except CnnTuiError as error:
                self._searches.pop(sweep.name, None)
                problems.append(f"sweep {sweep.name}: {error}")
        return problems

    def _search(self, sweep: SweepFolder) -> Search:
        """Returns an opened one, unless it was extended or replaced meanwhile."""
        version = stamp(sweep.path / FILE), _inode(sweep.path / JOURNAL)
        known = self._searches.get(sweep.name)
        if known is None or known[0] != version:
            search = Search(sweep, read_plan(sweep.path / FILE))
            known = (version[0], _inode(sweep.path / JOURNAL)), search
            self._searches[sweep.name] = known
        return known[1]


@contextmanager
def locked(sweep: SweepFolder, timeout_seconds: float) -> Iterator[None]:
    """Holds the lock of a sweep.

    Raises:
        LockedError: Another holds it.
        RunDirectoryError: It cannot be taken here.
    """
    lock = FileLock(sweep.path / _LOCK, thread_local=False, mode=FILE_MODE)
    try:
        lock.acquire(timeout=timeout_seconds)
    except Timeout as error:
        raise LockedError(
            f"another process is at the sweep {sweep.name}: try again in some seconds"
        ) from error
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(sweep.path / _LOCK)} cannot be taken: {error.strerror}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _inode(path: Path) -> int:
    return next(iter(stamp(path)), 0)
