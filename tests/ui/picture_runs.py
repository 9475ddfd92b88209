"""Run directories whose every number is the same each time, to take pictures of."""

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
from cnn_tui.runs import events
from cnn_tui.runs.events import KnownEvent
from cnn_tui.runs.layout import CONFIG, DEVICE, EVENTS, METRICS, STATUS, State
from cnn_tui.runs.records import (
    Best,
    DeviceRow,
    EvaluationMetrics,
    Metrics,
    Status,
    UpdateMetrics,
    encode_line,
)

NOW = datetime.fromisoformat("2026-11-22T09:15:33+00:00")
STARTED = NOW - timedelta(seconds=31)
STEPS_PER_SECOND = 40


def write_picture_run(folder: Path, *, step: int, state: State, **fields: Any) -> Path:
    """Writes model-c as it looks after ``step`` of 3,000 updates."""
    run = folder / "20261122-091502-model-c"
    run.mkdir(parents=True)
    (run / CONFIG).write_text(_config())
    (run / METRICS).write_bytes(b"".join(map(encode_line, _rows(step))))
    (run / DEVICE).write_bytes(b"".join(map(encode_line, _device_rows())))
    (run / EVENTS).write_bytes(b"".join(map(encode_line, _events(step, state))))
    status = picture_status(run.name, step=step, state=state, **fields)
    (run / STATUS).write_bytes(msgspec.json.encode(status))
    return run


def picture_status(run_id: str, /, *, step: int, state: State, **fields: Any) -> Status:
    """Returns the status of a run of 3,000 updates; ``fields`` replace parts of it."""
    known: dict[str, Any] = {
        "id": run_id,
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


def _rows(last_step: int) -> Iterator[Metrics]:
    for step in range(1, last_step + 1):
        epoch, time = step / 600, step / STEPS_PER_SECOND
        loss = 2.3 * math.exp(-step / 120) + 0.08 + 0.06 * math.sin(step * 12.9898) ** 3
        yield UpdateMetrics(
            step=step,
            epoch=epoch,
            time=time,
            loss=loss,
            accuracy=1 - loss / 2.6,
            lr=0.05,
            images_per_second=4010.0,
        )
        if step % 500 == 0:
            yield EvaluationMetrics(
                step=step,
                epoch=epoch,
                time=time,
                loss=0.07 + 60 / step,
                accuracy=_accuracy(step),
            )


def _accuracy(step: int) -> float:
    return 0.9721 - 8 / step


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


def _events(last_step: int, state: State) -> Iterator[KnownEvent]:
    def here(step: int) -> dict[str, Any]:
        at = STARTED + timedelta(seconds=step / STEPS_PER_SECOND)
        return {"at": at, "step": step}

    yield events.Started(device="cuda:0", **here(0))
    yield events.CheckpointSaved(**here(0))
    for step in range(500, last_step + 1, 500):
        accuracy = _accuracy(step)
        yield events.Evaluated(test_accuracy=accuracy, best=True, **here(step))
        yield events.CheckpointSaved(also_as=["best.pt"], **here(step))
    if last_step > 1000:
        yield events.HyperparameterChanged(
            what="lr", before=0.05, after=0.02, **here(1000)
        )
    if state is State.FAILED:
        yield events.NonFinite(
            what="gradient", layer="layer 4, conv2d", **here(last_step + 1)
        )
        yield events.Failed(reason="non_finite", **here(last_step))
