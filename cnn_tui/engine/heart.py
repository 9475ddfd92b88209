"""The thread that shows, once a second, that a run is alive."""

import threading
import time
from collections.abc import Callable

from cnn_tui.host.hardware import HardwareSampler
from cnn_tui.runs import records
from cnn_tui.runs.records import DeviceRow, Status
from cnn_tui.runs.writer import RunWriter

PERIOD_SECONDS = 1.0
CALM_AFTER_SECONDS = 3600
CALM_PERIOD_SECONDS = 10.0


class Heart:
    """Replaces the status and samples the devices, also while the trainer is busy."""

    def __init__(
        self, writer: RunWriter, status: Callable[[], Status], gpu_uuid: str | None
    ) -> None:
        """``status`` is called from the heart's own thread."""
        self._writer = writer
        self._status = status
        self._sampler = HardwareSampler(gpu_uuid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing more will be written."""
        self._stopped.set()
        self._thread.join()

    def _beat(self) -> None:
        started = time.monotonic()
        next_sample = started
        while not self._stopped.wait(PERIOD_SECONDS):
            self._writer.set_status(self._status())
            now = time.monotonic()
            if now >= next_sample:
                self._sample()
                calm = now - started > CALM_AFTER_SECONDS
                next_sample = now + (CALM_PERIOD_SECONDS if calm else 0)

    def _sample(self) -> None:
        self._writer.device(DeviceRow(at=records.now(), **self._sampler.sample()))
