"""A worker: begins the jobs of a queue on its devices, one after another."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.jobs.claim import Claim, claim, release
from cnn_tui.jobs.devices import Device, fits, is_free, take_device
from cnn_tui.jobs.job import Job
from cnn_tui.jobs.presence import at_work, gone_home
from cnn_tui.jobs.training import Training, Verdict, again, begin, set_aside, settle
from cnn_tui.runs.queued import is_paused
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable

IDLE_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_TICK_SECONDS = 0.1

Tell = Callable[[str], object]


def work(
    runs_folder: Path,
    devices: Sequence[Device],
    *,
    tell: Tell = lambda line: None,
    between: Callable[[], object] = lambda: None,
    takes_more: Callable[[], bool] = lambda: True,
    is_to_end: Callable[[], bool] = lambda: False,
    idle_seconds: float | None = IDLE_SECONDS,
) -> None:
    """Works the queue of a runs folder until there was nothing to do for a while.

    None keeps it for ever. ``between`` is called about once a second, and ``tell`` with
    a line for what happens. Without ``takes_more`` it ends when nothing trains any
    more, and with ``is_to_end`` at once: then what trains goes on by itself.

    Raises:
        RunDirectoryError: if the queue cannot be worked.
    """
    with at_work(runs_folder) as presence:
        worker = _Worker(runs_folder, devices, tell)
        looked_at = busy_at = time.monotonic()
        is_due = True
        while not is_to_end():
            if worker.settle(goes_on=takes_more()) or is_due:
                looked_at = time.monotonic()
                between()
                if takes_more():
                    worker.begin()
            if worker.trains:
                busy_at = time.monotonic()
            elif not takes_more():
                break
            elif idle_seconds is not None and looked_at - busy_at >= idle_seconds:
                if gone_home(runs_folder, presence, worker.could):
                    break
                busy_at = time.monotonic()
            time.sleep(_TICK_SECONDS)
            is_due = time.monotonic() - looked_at >= _LOOK_SECONDS
        worker.leave()


class _Worker:
    """The devices of a worker, and what trains on them."""

    def __init__(self, runs_folder: Path, devices: Sequence[Device], tell: Tell):
        """Begins nothing yet."""
        self._runs, self._devices, self._tell = runs_folder, devices, tell
        self._trainings: list[Training] = []
        self._problem = ""

    @property
    def trains(self) -> bool:
        """Whether a job is at work."""
        return bool(self._trainings)

    def could(self, job: Job) -> bool:
        """Whether a job could be worked here, if all devices were free."""
        return self._enough(self._devices, job) is not None

    def begin(self) -> None:
        """Begins jobs, as long as there are some and devices are free for them."""
        free: dict[Device, int] = {}
        try:
            self._take_devices(free)
            self._begin_on(free)
        except (OSError, RunDirectoryError) as error:  # a full disk, a stuck lock
            self._complain(_reason(error))
        finally:
            for descriptor in free.values():
                os.close(descriptor)

    def settle(self, *, goes_on: bool) -> bool:
        """Sees to the trainings that have ended; returns whether there were any."""
        ended = [t for t in self._trainings if t.process.poll() is not None]
        for training in ended:
            self._trainings.remove(training)
            if not self._settle(training, goes_on=goes_on):
                for descriptor in training.locks:
                    os.close(descriptor)
        return bool(ended)

    def leave(self) -> None:
        """Lets what trains go on alone, with its claim and its devices."""
        for training in self._trainings:
            release(training.claim)
            for descriptor in training.locks:
                os.close(descriptor)

    def _take_devices(self, free: dict[Device, int]) -> None:
        used = [device for training in self._trainings for device in training.devices]
        for device in self._devices:
            is_idle = device not in used and is_free(device)
            if is_idle and (held := take_device(self._runs, device)) is not None:
                free[device] = held

    def _begin_on(self, free: dict[Device, int]) -> None:
        while free and (taken := claim(self._runs, lambda j: self._taking(j, free))):
            chosen = self._enough(list(free), taken.job) or []
            self._begin(taken, {device: free.pop(device) for device in chosen})

    def _complain(self, problem: str) -> None:
        """Tells what keeps jobs from being begun, once; it is tried again."""
        if problem != self._problem:
            self._problem = problem
            self._tell(problem)

    def _taking(self, job: Job, free: dict[Device, int]) -> bool | None:
        """Decides about the next job; one that needs several devices gets its turn."""
        if self._enough(list(free), job) is not None:
            return True
        return None if job.devices > 1 and self.could(job) else False

    def _begin(self, taken: Claim, held: dict[Device, int]) -> None:
        devices, locks = list(held), list(held.values())
        where = ", ".join(device.name for device in devices)
        try:
            if verdict := set_aside(self._runs, taken):
                self._tell(f"{taken.run_id}: {verdict.name.lower()}: it died too often")
            else:
                self._trainings.append(begin(self._runs, taken, devices, locks))
                self._tell(f"{taken.run_id} trains on {where}")
                return
        except (OSError, RunDirectoryError) as error:  # it is tried again
            self._complain(f"{taken.run_id} cannot begin: {_reason(error)}")
            release(taken)
        for descriptor in locks:
            os.close(descriptor)

    def _enough(self, devices: Sequence[Device], job: Job) -> list[Device] | None:
        """Returns those for a job, all of one kind; None where they are too few.

        Its processes may share the CPU: they take all places there, if these are less.
        """
        training = job.config.get("training")
        wanted = training.get("device") if isinstance(training, dict) else None
        fitting = [it for it in devices if fits(it, str(wanted or "auto"))]
        on_cpu = sum(device.kind == "cpu" for device in self._devices)
        for kind in dict.fromkeys(device.kind for device in fitting):
            found = [device for device in fitting if device.kind == kind]
            needed = min(job.devices, on_cpu) if kind == "cpu" else job.devices
            if len(found) >= needed:
                return found[:needed]
        return None

    def _settle(self, training: Training, *, goes_on: bool) -> bool:
        """Does what follows from an end; returns whether it goes on at once."""
        name = training.claim.run_id
        try:
            verdict, said = settle(training)
            goes_on = goes_on and not is_paused(self._runs)
            if verdict is Verdict.AGAIN and goes_on:
                self._trainings.append(again(training))
                self._tell(f"{name} goes on: {said}")
                return True
        except (OSError, RunDirectoryError) as error:
            self._tell(f"{name} is left for later: {_reason(error)}")
            verdict = Verdict.AGAIN
        if verdict is Verdict.AGAIN:
            release(training.claim)
        else:
            self._tell(f"{name}: {_end(training.run, verdict, said)}")
        return False


def _reason(error: OSError | RunDirectoryError) -> str:
    return printable(getattr(error, "strerror", None) or error)


def _end(run: Path, verdict: Verdict, said: str) -> str:
    if verdict is not Verdict.DONE:
        return f"{verdict.name.lower()}: {said}"
    try:
        status = read_status(run)
    except RunDirectoryError:
        status = None
    return printable(status.state) if status else "gone"
