"""The thread that shows, once a second, that a run is alive."""

import logging
import threading
import time
from collections.abc import Callable

from cnn_tui.host.hardware import HardwareSampler
from cnn_tui.runs import records
from cnn_tui.runs.records import DeviceRow, Status
from cnn_tui.runs.writer import RunWriter

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 1.0
DRIVER_SECONDS = 2.0
"""Longer than any answer of a driver that works."""
CALM_AFTER_SECONDS = 3600
CALM_PERIOD_SECONDS = 10.0


class Heartbeat:
    """Replaces the status and samples the devices, also while the trainer is busy.

    A driver that has lost its GPU may never answer, so it is asked in a thread of its
    own, which nothing waits for long.
    """

    def __init__(
        self, writer: RunWriter, status: Callable[[], Status], gpu_uuid: str | None
    ) -> None:
        """``status`` is called from its own thread."""
        self._writer = writer
        self._status = status
        self._sampler = HardwareSampler(gpu_uuid)
        self._stopped = threading.Event()
        self._problem = ""
        self._started = 0.0
        self._writing = threading.Lock()
        self._beating, self._sampling = (
            threading.Thread(target=self._repeat, args=(do,), name=name, daemon=True)
            for name, do in (("heartbeat", self._beat), ("sampler", self._sample))
        )

    def start(self) -> None:
        """Begins to beat."""
        self._started = time.monotonic()
        self._beating.start()
        self._sampling.start()

    def stop(self) -> None:
        """Returns when nothing more will be written."""
        self._stopped.set()
        self._beating.join()
        # A thread that still runs when the interpreter ends may end it with a crash.
        self._sampling.join(DRIVER_SECONDS)
        with self._writing:
            pass

    def _repeat(self, do: Callable[[], float]) -> None:
        """Does something again and again, after as many seconds as it returns."""
        seconds = PERIOD_SECONDS
        while not self._stopped.wait(seconds):
            try:
                seconds = do()
            except Exception as error:
                # It is tried again all the same; the log gets each problem once.
                if repr(error) != self._problem:
                    self._problem = repr(error)
                    logger.exception("a heartbeat failed")

    def _beat(self) -> float:
        self._writer.set_status(self._status())
        return PERIOD_SECONDS

    def _sample(self) -> float:
        row = DeviceRow(at=records.now(), **self._sampler.sample())
        with self._writing:
            if not self._stopped.is_set():
                self._writer.device(row)
        is_calm = time.monotonic() - self._started > CALM_AFTER_SECONDS
        return CALM_PERIOD_SECONDS if is_calm else PERIOD_SECONDS
