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
CALM_AFTER_SECONDS = 3600
CALM_PERIOD_SECONDS = 10.0


class Heartbeat:
    """Replaces the status and samples the devices, also while the trainer is busy."""

    def __init__(
        self, writer: RunWriter, status: Callable[[], Status], gpu_uuid: str | None
    ) -> None:
        """``status`` is called from its own thread."""
        self._writer = writer
        self._status = status
        self._sampler = HardwareSampler(gpu_uuid)
        self._stopped = threading.Event()
        self._problem = ""
        self._thread = threading.Thread(
            target=self._live, name="heartbeat", daemon=True
        )

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing more will be written."""
        self._stopped.set()
        self._thread.join()

    def _live(self) -> None:
        started = time.monotonic()
        next_sample = started
        while not self._stopped.wait(PERIOD_SECONDS):
            now = time.monotonic()
            is_sampled = now >= next_sample
            try:
                self._beat(is_sampled=is_sampled)
            except Exception as error:
                # The next beat comes all the same; the log gets each problem once.
                if repr(error) != self._problem:
                    self._problem = repr(error)
                    logger.exception("a heartbeat failed")
            if is_sampled:
                calm = now - started > CALM_AFTER_SECONDS
                next_sample = now + (CALM_PERIOD_SECONDS if calm else 0)

    def _beat(self, *, is_sampled: bool) -> None:
        self._writer.set_status(self._status())
        if is_sampled:
            self._sample()

    def _sample(self) -> None:
        self._writer.device(DeviceRow(at=records.now(), **self._sampler.sample()))
