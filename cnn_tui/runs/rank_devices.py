"""What the devices of the other processes of a run do: a file for each of them."""

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cnn_tui.host.hardware import HardwareSampler
from cnn_tui.io.files import ensure_directory
from cnn_tui.runs.appender import Appender
from cnn_tui.runs.heartbeat import (
    CALM_AFTER_SECONDS,
    CALM_PERIOD_SECONDS,
    DRIVER_SECONDS,
    PERIOD_SECONDS,
)
from cnn_tui.runs.layout import DEVICES
from cnn_tui.runs.lines import LineFollower, decode_lines
from cnn_tui.runs.records import DeviceRow, encode_line, now

MAX_RANKS = 64
"""How many are read at most."""
_TAIL_BYTES = 2**14


class RankRow(DeviceRow, frozen=True, kw_only=True):
    """One line of ``devices/rank-<n>.jsonl``."""

    host: str | None = None
    device: str | None = None
    """Of the process; if it is a GPU, that is the first of ``gpus``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """A run that several processes train, as far as it is known."""

    processes: int
    images_per_second: float | None
    one_device: float | None
    """Images per second that were measured on one device; None if they were not."""
    ranks: Mapping[int, RankRow]
    """The newest row of each process but the leader's."""

    @property
    def efficiency(self) -> float | None:
        """The speed as a part of that of as many devices by themselves."""
        if not (self.images_per_second and self.one_device):
            return None
        return self.images_per_second / (self.processes * self.one_device)


class RankSampler:
    """Appends what this process's devices do, in a thread, into a run that is there."""

    def __init__(self, run: Path, rank: int, device: str, gpu_uuid: str | None) -> None:
        """Begins at once; what cannot be written is left out."""
        self._path, self._device = _file(run, rank), device
        self._sampler = HardwareSampler(gpu_uuid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._repeat, name="sampler", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends it; waits no longer than a driver that works may take."""
        self._stopped.set()
        self._thread.join(DRIVER_SECONDS)

    def _repeat(self) -> None:
        began, seconds = time.monotonic(), PERIOD_SECONDS
        while not self._stopped.wait(seconds):
            with suppress(OSError):
                self._append()
            if time.monotonic() - began > CALM_AFTER_SECONDS:
                seconds = CALM_PERIOD_SECONDS

    def _append(self) -> None:
        row = RankRow(
            at=now(),
            host=socket.gethostname(),
            device=self._device,
            **self._sampler.sample(),
        )
        ensure_directory(self._path.parent)
        appender = Appender(self._path)
        try:
            appender.append(encode_line(row))
        finally:
            appender.close()


class RankRows:
    """Reads the newest row of each process but the leader's."""

    def __init__(self, run: Path) -> None:
        """Reads nothing yet."""
        self._run = run
        self._files: dict[int, LineFollower] = {}
        self._decoder = msgspec.json.Decoder(RankRow)
        self.newest: dict[int, RankRow] = {}

    def poll(self, processes: int) -> None:
        """Takes in what is new of a run that so many processes train."""
        for rank in range(1, min(processes, MAX_RANKS)):
            if rank not in self._files:
                path = _file(self._run, rank)
                self._files[rank] = LineFollower(path, tail_bytes=_TAIL_BYTES)
            for lines in self._files[rank].chunks(deadline=0.0):
                if rows := decode_lines(self._decoder, lines)[0]:
                    self.newest[rank] = rows[-1]


def _file(run: Path, rank: int) -> Path:
    return run / DEVICES / f"rank-{rank}.jsonl"
