"""RunWriter: the trainer's side of a run directory."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

import msgspec

from cnn_tui.errors import Remedy, RunDirectoryError
from cnn_tui.io.files import (
    ensure_directory,
    replace_file,
    sync_directory,
)
from cnn_tui.runs import evaluations, lock, records
from cnn_tui.runs.appender import Appender
from cnn_tui.runs.building import places
from cnn_tui.runs.events import KnownEvent
from cnn_tui.runs.health import HealthRow
from cnn_tui.runs.layout import (
    CONFIG,
    CONTROL,
    CORRECTIONS,
    DEVICE,
    ENVIRONMENT,
    EVALUATIONS,
    EVENTS,
    HEALTH,
    METRICS,
    PROFILE,
    RESERVE,
    STATUS,
    is_run,
)
from cnn_tui.runs.profile import Profile
from cnn_tui.runs.records import DeviceRow, Metrics, Rewind, Status, encode_line
from cnn_tui.text import printable

if TYPE_CHECKING:
    import numpy as np
    from filelock import FileLock

logger = logging.getLogger(__name__)

Listener = Callable[[Metrics | KnownEvent], object]
"""Is called with what was written, by the thread that wrote it."""

_RESERVE_BYTES = 64 * 2**10


class RunWriter:
    """Writes one run directory and holds its lock, from ``create`` or ``open`` on.

    The training thread and a sampler thread may use it at once. A write that fails
    raises nothing: ``failing`` says why, the bytes are kept, and ``retry`` writes them.

    Attributes:
        path: The run directory, absolute.
        failing: The last failed write, None when everything is on disk.
    """

    def __init__(
        self, path: Path, held_lock: "FileLock", listener: Listener | None
    ) -> None:
        """Use ``create`` or ``open``."""
        self.path = path
        self.failing: OSError | None = None
        self._lock = held_lock
        self._listener = listener
        self._appending = Lock()
        self._replacing = Lock()
        self._unwritten: dict[str, bytes] = {}
        self._files = _open_appenders(path)
        self._metrics, self._events, self._device, self._health = self._files

    @property
    def id(self) -> str:
        """The id of the run: the name of its directory."""
        return self.path.name

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        name: str,
        config_text: str,
        status: Status,
        corrections: bytes | None = None,
        fill: Callable[[Path], None] = lambda run: None,
        now: datetime | None = None,
        listener: Listener | None = None,
        run_id: str | None = None,
    ) -> Self:
        """Makes a new run in ``folder``; its id is put into ``status``.

        ``fill`` may put more into it before it has its name; it may raise OSError.
        A ``run_id`` that was given before is the caller's alone; by default it is made
        of ``name`` and ``now``.

        Raises:
            RunDirectoryError: It cannot be made; nothing is left behind.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with ExitStack() as undo:
                began = now or records.now()
                building, path = places(folder.resolve(), run_id, name, began)
                undo.callback(shutil.rmtree, building, ignore_errors=True)
                held_lock = lock.acquire(building)
                undo.callback(held_lock.release)
                if corrections is not None:
                    replace_file(building / CORRECTIONS, corrections, durable=True)
                _fill(
                    building, config_text, msgspec.structs.replace(status, id=path.name)
                )
                fill(building)
                writer = cls(building, held_lock, listener)
                undo.callback(writer.close)
                building.rename(path)
                undo.pop_all()
            sync_directory(path.parent)
        except OSError as error:
            raise RunDirectoryError(
                f"no run can be made in {printable(folder)}: {error.strerror}",
                Remedy.ANOTHER_FOLDER,
            ) from error
        writer.path = path
        return writer

    @classmethod
    def open(cls, path: Path, *, listener: Listener | None = None) -> Self:
        """Opens an existing run to go on with it.

        Raises:
            LockedError: Another process trains it; nothing was changed.
            RunDirectoryError: It is not a run, or cannot be written.
        """
        if not is_run(path):
            raise RunDirectoryError(f"{printable(path)} is not a run: no {CONFIG}")
        try:
            with ExitStack() as undo:
                held_lock = lock.acquire(path.resolve())
                undo.callback(held_lock.release)
                lock.check_elsewhere(path.resolve())
                _prepare(path.resolve())
                writer = cls(path.resolve(), held_lock, listener)
                undo.pop_all()
        except OSError as error:
            raise RunDirectoryError(
                f"{printable(path)} cannot be written: {error.strerror}"
            ) from error
        return writer

    def metrics(self, rows: Sequence[Metrics]) -> None:
        """Appends rows of metrics with one write."""
        self._append(self._metrics, rows)

    def foreign(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Appends rows of another program, with names of its own in them."""
        with self._appending, self._noting_failure():
            self._metrics.append(b"".join(map(encode_line, rows)))

    def event(self, event: KnownEvent) -> None:
        """Appends an event."""
        self._append(self._events, [event])
        self._show([self._events])  # somebody may wait for this answer

    def health(self, row: HealthRow | Rewind) -> None:
        """Appends a sample of the layers, or a rewind."""
        with self._appending, self._noting_failure():
            self._health.append(encode_line(row))

    def device(self, row: DeviceRow) -> None:
        """Appends what the devices did in the last second, if there is room."""
        with self._replacing, self._noting_failure():
            if self.failing is None:
                self._device.append(encode_line(row))

    def set_status(self, status: Status, *, durable: bool = False) -> None:
        """Replaces the status; ``durable`` at every change of state.

        Whoever sees it, on any host, sees the rows that were written before.
        """
        self._show(self._files)
        self._replace(STATUS, encode_line(status), durable=durable)

    def environment(self, facts: Mapping[str, object]) -> None:
        """Replaces the description of what the run runs on."""
        text = msgspec.json.format(msgspec.json.encode(facts), indent=2)
        self._replace(ENVIRONMENT, text + b"\n")

    def profile(self, profile: Profile) -> None:
        """Replaces what is known of where the time goes."""
        self._replace(PROFILE, encode_line(profile))

    def evaluation(
        self, step: int, arrays: Mapping[str, "np.ndarray"], best_step: int | None
    ) -> None:
        """Writes the arrays of an evaluation; keeps the newest 50 and the best."""
        name = f"{EVALUATIONS}/{evaluations.file_name(step)}"
        self._replace(name, evaluations.pack(arrays))
        with self._noting_failure():
            evaluations.prune(self.path / EVALUATIONS, best_step)

    def sync(self) -> None:
        """Makes metrics and events survive a power loss: before each checkpoint."""
        with self._appending, self._noting_failure():
            self._metrics.sync()
            self._events.sync()

    def retry(self) -> bool:
        """Writes what failed before; returns whether everything is on disk now."""
        with self._appending, self._replacing:
            self.failing = None
            with self._noting_failure():
                for appender in self._files:
                    appender.flush()
                for name in list(self._unwritten):
                    self._write(name, durable=True)
        return self.failing is None

    def reserve(self) -> bool:
        """Takes 64 KiB of room for the last words, where as much again is left free.

        Returns whether that is so: without room to go on into, a run that waited for
        it would have to wait again at once.
        """
        with self._replacing, self._noting_failure():
            _reserve(self.path, 2 * _RESERVE_BYTES)
            os.truncate(self.path / RESERVE, _RESERVE_BYTES)
        return self.failing is None

    def release_reserve(self) -> None:
        """Frees the reserve, so that the last events and the last status fit."""
        with self._noting_failure():
            (self.path / RESERVE).unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the files, frees the reserve and gives the lock back."""
        for appender in self._files:
            appender.close()
        self.release_reserve()
        self._lock.release()

    def _append(
        self, appender: Appender, written: Sequence[Metrics | KnownEvent]
    ) -> None:
        with self._appending, self._noting_failure():
            appender.append(b"".join(map(encode_line, written)))
        try:
            for record in written:
                if self._listener:
                    self._listener(record)
        except Exception:
            # Whoever only watches must not end a training; it is not asked again.
            logger.exception("a listener failed")
            self._listener = None

    def _show(self, appenders: Sequence[Appender]) -> None:
        with self._noting_failure():
            for appender in appenders:
                appender.show()

    def _replace(self, name: str, data: bytes, *, durable: bool = False) -> None:
        with self._replacing, self._noting_failure():
            self._unwritten[name] = data
            self._write(name, durable=durable)

    def _write(self, name: str, *, durable: bool) -> None:
        path = self.path / name
        if path.parent != self.path:
            ensure_directory(path.parent)
        replace_file(path, self._unwritten[name], durable=durable)
        del self._unwritten[name]

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failing = error


def _open_appenders(run: Path) -> list[Appender]:
    """Opens all, or none."""
    appenders: list[Appender] = []
    with ExitStack() as undo:
        for name in (METRICS, EVENTS, DEVICE, HEALTH):
            appenders.append(Appender(run / name))
            undo.callback(appenders[-1].close)
        undo.pop_all()
    return appenders


def _fill(run: Path, config_text: str, status: Status) -> None:
    replace_file(run / CONFIG, config_text.encode(), durable=True)
    replace_file(run / STATUS, encode_line(status), durable=True)
    _prepare(run)


def _prepare(run: Path) -> None:
    ensure_directory(run / CONTROL)
    _reserve(run)


def _reserve(run: Path, count_bytes: int = _RESERVE_BYTES) -> None:
    # Random, as some file systems store nothing for zeros.
    replace_file(run / RESERVE, os.urandom(count_bytes))
