"""Runs that look trained: ``python -m bench.fake_trainers FOLDER FIRST NUMBER``.

One process writes for many runs what a trainer of ten updates a second would write, by
the same code, and looks for commands as it does; it computes nothing. It prints
``ready`` once all of them are live, and goes on until it is killed.
"""

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench import written
from cnn_tui.host.hardware import HardwareSampler
from cnn_tui.runs import records
from cnn_tui.runs.heartbeat import PERIOD_SECONDS
from cnn_tui.runs.mailbox import Inbox
from cnn_tui.runs.records import DeviceRow
from cnn_tui.runs.status import read_status

UPDATES_PER_SECOND = 10

_UPDATES_PER_BEAT = round(PERIOD_SECONDS * UPDATES_PER_SECOND)
_ROWS_AT_ONCE = 2
_MISTAKES = 500
_ARRAYS = {
    "confusion": np.arange(100).reshape(10, 10),
    "class_counts": np.full(10, 1000),
    "class_correct": np.full(10, 950),
    "mistake_index": np.arange(_MISTAKES),
    "mistake_predicted": np.arange(_MISTAKES) % 10,
    "mistake_true": np.arange(_MISTAKES) % 7,
    "mistake_confidence": np.linspace(1, 0, _MISTAKES, dtype=np.float32),
}
"""Of an evaluation: as many and as large as those of a net that gets 95 % right."""


class FakeTrainer:
    """What writes one run."""

    def __init__(self, folder: Path, number: int) -> None:
        """Makes the run; others beat and evaluate at other moments."""
        total_steps = 1_000_000
        self._writer = written.open_run(folder, f"fake-{number:03}", total_steps)
        status = read_status(self._writer.path)
        assert status is not None
        self._status = status
        self._inbox = Inbox(self._writer.path)
        self._turn = number % _UPDATES_PER_BEAT
        self._step = 0
        self._first_test = 5 * number % written.TEST_EVERY

    def update(self, device: dict[str, Any]) -> None:
        """Writes what comes with an update; ``device`` is a sample of this machine."""
        self._step += 1
        list(self._inbox.take())
        if self._step % _ROWS_AT_ONCE == 0:
            written.append(self._writer, self._step - 1, _ROWS_AT_ONCE)
        if self._step % written.TEST_EVERY == self._first_test:
            self._writer.evaluation(self._step, _ARRAYS, None)
        if self._step % _UPDATES_PER_BEAT == self._turn:
            self._beat(device)

    def _beat(self, device: dict[str, Any]) -> None:
        now, seconds = records.now(), self._step / UPDATES_PER_SECOND
        self._status = msgspec.structs.replace(
            self._status,
            step=self._step,
            epoch=self._step / written.STEPS_PER_EPOCH,
            heartbeat=now,
            progress_at=now,
            training_seconds=seconds,
            images_per_second=100.0 * UPDATES_PER_SECOND,
            eta_seconds=(self._status.total_steps - self._step) / UPDATES_PER_SECOND,
            lr=0.01,
            train_loss=2.3 / (1 + seconds),
        )
        self._writer.set_status(self._status)
        self._writer.device(DeviceRow(at=now, **device))


def main(folder: Path, first: int, number: int) -> None:
    """Writes so many runs until the process is killed; what is late is caught up."""
    trainers = [FakeTrainer(folder, n) for n in range(first, first + number)]
    sampler, device = HardwareSampler(), dict[str, Any]()
    print("ready", flush=True)
    due = time.monotonic()
    while True:
        device = sampler.sample()
        for _ in range(_UPDATES_PER_BEAT):
            for place, trainer in enumerate(trainers):
                at = due + place / number / UPDATES_PER_SECOND
                time.sleep(max(0.0, at - time.monotonic()))
                trainer.update(device)
            due += 1 / UPDATES_PER_SECOND


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
