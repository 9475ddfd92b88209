"""RunLog: a run directory written from anybody's loop, and what that is told."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self, SupportsFloat

import msgspec

from cnn_tui.foreign.best import BestSoFar
from cnn_tui.foreign.ending import ending_of
from cnn_tui.foreign.row_buffer import Kind, RowBuffer
from cnn_tui.host.process import this_process
from cnn_tui.runs import events, mailbox, orders
from cnn_tui.runs.config import Foreign, foreign_text, plain
from cnn_tui.runs.events import KnownEvent
from cnn_tui.runs.heartbeat import Heartbeat
from cnn_tui.runs.layout import State, runs_folder
from cnn_tui.runs.records import Status, now
from cnn_tui.runs.writer import RunWriter
from cnn_tui.text import printable

Setting = tuple[str, float]
"""The name and the new value of what is to be changed."""

_ROWS_AT_ONCE = 1000
_POLL_SECONDS = 0.1
_OF_STATUS = {
    "lr": "lr",
    "train/loss": "train_loss",
    "test/loss": "test_loss",
    "test/accuracy": "test_accuracy",
    "validation/loss": "validation_loss",
    "validation/accuracy": "validation_accuracy",
}


class RunLog:
    """Writes a run directory: watched, and steered where the loop asks for orders.

    Use it in a ``with`` statement, or ``close`` it. Steps count updates over the whole
    training; a lower one than before means that it went back. Values of one step are
    given one after the other. Rows reach the disk within a second.

    ``path`` is the run directory.
    """

    def __init__(
        self,
        name: str,
        *,
        total_steps: int = 0,
        values: Mapping[str, object] | None = None,
        runs: str | Path | None = None,
        steps_per_epoch: int | None = None,
        dataset: str = "",
        live: Sequence[str] = ("lr",),
    ) -> None:
        """Makes the run in the folder ``runs``, else $CNN_TUI_RUNS, else ./runs.

        ``values`` are hyperparameters to be shown; ``live`` names those that the loop
        can change, of lr, momentum, weight_decay, evaluate_every, checkpoint_every.

        Raises:
            RunDirectoryError: It cannot be made.
        """
        self._lock = RLock()
        self._began = time.monotonic()
        self._still_seconds = 0.0
        self._state = State.RUNNING
        self._steps_per_epoch = steps_per_epoch
        self._live = tuple(live)
        self._rows = RowBuffer()
        self._facts: dict[str, Any] = {"obeys": []}
        self._overrides: dict[str, object] = {}
        self._best = BestSoFar()
        self._is_open = True
        identity = Status(
            name=name,
            title=printable(name),
            dataset=dataset,
            state=self._state,
            total_steps=total_steps,
            started_at=now(),
            **asdict(this_process()),
        )
        config = Foreign(source={"kind": "log"}, values=plain(values or {}))
        self._writer = RunWriter.create(
            runs_folder(Path(runs) if runs else None),
            name=name,
            config_text=foreign_text(config),
            status=identity,
        )
        self.path = self._writer.path
        self._identity = msgspec.structs.replace(identity, id=self.path.name)
        self._tell(events.Started(at=now(), step=0))
        self._heart = Heartbeat(self._writer, self._beat, None)
        self._heart.start()

    def train(
        self,
        step: int,
        *,
        loss: SupportsFloat | None = None,
        accuracy: SupportsFloat | None = None,
        lr: SupportsFloat | None = None,
        epoch: float | None = None,
        **others: SupportsFloat,
    ) -> None:
        """Notes what update ``step`` did; accuracy is 0…1, ``others`` as they are."""
        found = {"loss": loss, "accuracy": accuracy, **others}
        self._note("train", step, epoch, {**_named("train", found), **_lr(lr)})

    def test(
        self,
        step: int,
        *,
        loss: SupportsFloat | None = None,
        accuracy: SupportsFloat | None = None,
        epoch: float | None = None,
        part: str = "test",
        **others: SupportsFloat,
    ) -> None:
        """Notes a test after update ``step``; ``part`` may be "validation"."""
        found = _named(part, {"loss": loss, "accuracy": accuracy, **others})
        with self._lock:
            self._note("test", step, epoch, found)
            is_best = self._best.take(part, step, found.get(f"{part}/accuracy"))
        known: dict[str, Any] = {
            _OF_STATUS[key]: found[key] for key in found.keys() & _OF_STATUS.keys()
        }
        at = now()
        self._writer.event(events.Evaluated(at=at, step=step, best=is_best, **known))

    @property
    def is_stopping(self) -> bool:
        """Whether the loop is to end here."""
        return self._state is State.STOPPING

    def orders(self) -> Iterator[Setting]:
        """Yields names and values to set now; stands still while the run is paused.

        A value counts as set when the loop comes back for the next one, or leaves.
        """
        if not self._facts["obeys"]:
            steerable = (f"set {name}" for name in self._live)
            self._facts["obeys"] = ["pause", "resume", "stop", *steerable]
        while True:
            while (taken := self._taken()) is not None:
                yield from self._obey(taken)
            if self._state is not State.PAUSED:
                return
            time.sleep(_POLL_SECONDS)
            self._still_seconds += _POLL_SECONDS

    def close(self, error: BaseException | None = None) -> None:
        """Writes down how the training ended, and gives the run directory free."""
        if not self._is_open:
            return
        self._is_open = False
        self._heart.stop()
        self._flush()
        step = self._facts.get("step", 0)
        ending, self._state, reason = ending_of(error, self._state, step)
        if ending is not None:
            self._writer.event(ending)
        self._facts |= {"reason": reason, "ended_at": now()}
        self._writer.set_status(self._status(), durable=True)
        if self._writer.failing is not None:
            self._writer.retry()
        self._writer.sync()
        self._writer.close()

    def __enter__(self) -> Self:
        """Returns the log."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it: finished, stopped, interrupted, or failed by what was raised."""
        self.close(error)

    def _note(
        self, kind: Kind, step: int, epoch: float | None, found: dict[str, float]
    ) -> None:
        if epoch is None and self._steps_per_epoch:
            epoch = step / self._steps_per_epoch
        with self._lock:
            if (
                back := self._rows.add(kind, step, epoch, self._seconds, found)
            ) is not None:
                self._best.forget_after(back)
            self._facts |= {"step": step, "epoch": epoch or 0.0, "progress_at": now()}
            for name in found.keys() & _OF_STATUS.keys():
                self._facts[_OF_STATUS[name]] = found[name]
            if len(self._rows) >= _ROWS_AT_ONCE:
                self._flush()

    def _flush(self) -> None:
        with self._lock:
            if rows := self._rows.take():
                self._writer.foreign(rows)

    def _beat(self) -> Status:
        self._flush()
        if self._writer.failing is not None:
            self._writer.retry()
        return self._status()

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began - self._still_seconds

    def _status(self) -> Status:
        with self._lock:
            step, total = self._facts.get("step", 0), self._identity.total_steps
            seconds = self._seconds
            left = seconds / step * (total - step) if 0 < step < total else None
            return msgspec.structs.replace(
                self._identity,
                state=self._state,
                heartbeat=now(),
                total_steps=max(step, total),
                training_seconds=seconds,
                eta_seconds=left,
                overrides=dict(self._overrides),
                best=self._best.best,
                **self._facts,
            )

    def _taken(self) -> mailbox.Command | mailbox.Rejected | None:
        with suppress(OSError):  # the directory was removed
            return next(mailbox.Inbox(self.path).take(1), None)
        return None

    def _obey(self, taken: mailbox.Command | mailbox.Rejected) -> Iterator[Setting]:
        listens = ", ".join(self._facts["obeys"])
        reason = f"this trainer listens to {listens} alone"
        match taken.order if isinstance(taken, mailbox.Command) else taken:
            case orders.Pause():
                self._state = State.PAUSED
                self._answer(events.Paused, taken.id)
            case orders.Resume():
                self._state = State.RUNNING
                self._answer(events.Resumed, taken.id)
            case orders.Stop():
                self._state = State.STOPPING
                self._answer(events.Stopped, taken.id)
            case orders.SetValue(name=name, value=float() | int() as value) if (
                name in self._live
            ):
                yield from self._set(taken.id, name, float(value))
            case other:
                reason = getattr(other, "reason", reason)
                self._answer(
                    events.Rejected, taken.id, outcome="rejected", reason=reason
                )

    def _set(self, command_id: str, name: str, value: float) -> Iterator[Setting]:
        before = self._facts.get(name, self._overrides.get(name))
        try:
            yield name, value
        finally:
            self._overrides[name] = value
            if name == "lr":
                self._facts["lr"] = value
            changed = events.HyperparameterChanged
            self._answer(changed, command_id, what=name, before=before, after=value)

    def _answer(self, kind: Any, command_id: str, **details: object) -> None:
        if self._is_open:
            step = self._facts.get("step", 0)
            answer = {"command_id": command_id, "outcome": "done", **details}
            self._tell(kind(at=now(), step=step, **answer))

    def _tell(self, event: KnownEvent) -> None:
        self._flush()
        self._writer.event(event)
        self._writer.set_status(self._status(), durable=True)


def _named(part: str, found: Mapping[str, SupportsFloat | None]) -> dict[str, float]:
    return {f"{part}/{key}": float(it) for key, it in found.items() if it is not None}


def _lr(lr: SupportsFloat | None) -> dict[str, float]:
    return {} if lr is None else {"lr": float(lr)}
