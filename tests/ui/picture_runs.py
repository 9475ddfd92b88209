"""Run directories whose every number is the same each time, to take pictures of."""

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from cnn_tui.config import apply_settings, parse_mapping, to_mapping, to_yaml
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.layout import CONFIG, DEVICE, EVENTS, METRICS, STATUS, State
from cnn_tui.runs.records import (
    Best,
    DeviceRow,
    Event,
    Status,
    encode_event,
    encode_line,
)

NOW = datetime.fromisoformat("2026-11-22T09:15:33+00:00")
STARTED = NOW - timedelta(seconds=31)
STEPS_PER_SECOND = 40

Details = dict[str, object]


def write_picture_run(folder: Path, *, step: int, state: State, **fields: Any) -> Path:
    """Writes model-c as it looks after ``step`` of 3,000 updates."""
    run = folder / "20261122-091502-model-c"
    run.mkdir(parents=True)
    (run / CONFIG).write_text(_config())
    (run / METRICS).write_text("".join(_rows(step)))
    (run / DEVICE).write_bytes(b"".join(map(encode_line, _device_rows())))
    (run / EVENTS).write_bytes(b"".join(map(encode_event, _events(step, state))))
    status = picture_status(run.name, step=step, state=state, **fields)
    (run / STATUS).write_bytes(msgspec.json.encode(status))
    return run


def picture_status(name: str, *, step: int, state: State, **fields: Any) -> Status:
    """Returns the status of a run of 3,000 updates; ``fields`` replace parts of it."""
    known: dict[str, Any] = {
        "id": name,
        "name": "model-c",
        "preset": "model-c",
        "title": "Model C",
        "dataset": "mnist",
        "total_steps": 3000,
        "epoch": step / 600,
        "started_at": STARTED,
        "training_seconds": step / STEPS_PER_SECOND,
        "images_per_second": 4010.0,
        "eta_seconds": (3000 - step) / STEPS_PER_SECOND,
        "lr": 0.02,
        "overrides": {"lr": 0.02},
        "train_loss": 0.0871,
        "best": Best(step=1000, accuracy=0.9721),
    }
    return Status(step=step, state=state, **{**known, **fields})


def _config() -> str:
    mapping = to_mapping(read_preset(find_preset("model-c")).config)
    settings: list[tuple[str, Any]] = [
        ("training.device", "cuda:0"),
        ("training.threads", 16),
        ("training.batch_size", 200),
    ]
    return to_yaml(parse_mapping(apply_settings(mapping, settings)))


def _rows(last_step: int) -> Iterator[str]:
    for step in range(1, last_step + 1):
        base = {"step": step, "epoch": step / 600, "time": step / STEPS_PER_SECOND}
        loss = 2.3 * math.exp(-step / 120) + 0.08 + 0.06 * math.sin(step * 12.9898) ** 3
        accuracy = 1 - loss / 2.6
        row = {"train/loss": loss, "train/accuracy": accuracy, "lr": 0.05}
        yield json.dumps({**base, **row}) + "\n"
        if step % 500 == 0:
            accuracy = 0.9721 - 8 / step
            tested = {"test/loss": 0.07 + 60 / step, "test/accuracy": accuracy}
            yield json.dumps({**base, **tested}) + "\n"


def _device_rows() -> Iterator[DeviceRow]:
    for second in range(12):
        gpu = GpuSample(
            index=0,
            name="NVIDIA H100",
            utilization_percent=60 + 35 * math.sin(second / 2),
            memory_used_bytes=int(2.1 * 2**30),
            memory_total_bytes=80 * 2**30,
            temperature_celsius=61.0,
            power_watts=412.0,
        )
        yield DeviceRow(
            at=STARTED + timedelta(seconds=second),
            cpu_percent=41 + second,
            process_cpu_percent=187.0,
            process_memory_bytes=1_181_116_006,
            host_memory_used_bytes=int(12.4 * 2**30),
            host_memory_total_bytes=126 * 2**30,
            gpus=[gpu],
        )


def _events(last_step: int, state: State) -> Iterator[Event]:
    def event(step: int, kind: str, **details: object) -> Event:
        at = STARTED + timedelta(seconds=step / STEPS_PER_SECOND)
        return Event(at=at, step=step, event=kind, details=details)

    yield event(0, "started", device="cuda:0")
    yield event(0, "checkpoint_saved")
    for step in range(500, last_step + 1, 500):
        accuracy: Details = {"test/accuracy": 0.9721 - 8 / step, "best": True}
        yield event(step, "evaluated", **accuracy)
        yield event(step, "checkpoint_saved", also_as=["best.pt"])
    change: Details = {"name": "lr", "from": 0.05, "to": 0.02}
    if last_step > 1000:
        yield event(1000, "hyperparameter_changed", **change)
    if state is State.FAILED:
        yield event(last_step + 1, "non_finite", what="gradient", layer="4, conv2d")
        yield event(last_step, "failed", reason="non_finite")
