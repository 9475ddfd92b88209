"""Runs that nobody trained: written as a trainer writes them, in any length."""

import math
import random
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import msgspec

from cnn_tui.config import RunConfig, parse_settings, to_yaml
from cnn_tui.host.process import this_process
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs import records
from cnn_tui.runs.layout import CONFIG, STATUS, State
from cnn_tui.runs.records import (
    EvaluationMetrics,
    Metrics,
    Status,
    UpdateMetrics,
    encode_line,
)
from cnn_tui.runs.writer import RunWriter

TEST_EVERY = 500
STEPS_PER_EPOCH = 600
SECONDS_PER_STEP = 0.025
_ROWS_AT_ONCE = 10_000


def rows(first_step: int, number: int) -> Iterator[Metrics]:
    """Yields the train rows of so many updates, and the test rows between them."""
    noise = random.Random(first_step)
    for step in range(first_step, first_step + number):
        epoch = step / STEPS_PER_EPOCH
        time = round(step * SECONDS_PER_STEP, 6)
        loss = 2.3 / math.log10(step + 9) * noise.uniform(0.8, 1.2)
        accuracy = round(1 - loss / 4, 2)
        yield UpdateMetrics(
            step=step,
            epoch=epoch,
            time=time,
            loss=loss,
            accuracy=accuracy,
            lr=0.01,
            images_per_second=4000.0,
        )
        if step % TEST_EVERY == 0:
            yield EvaluationMetrics(
                step=step, epoch=epoch, time=time, loss=loss, accuracy=accuracy
            )


def open_run(folder: Path, name: str, total_steps: int) -> RunWriter:
    """Makes a run that this process seems to train."""
    writer, status = _new_run(folder, name, total_steps)
    running = msgspec.structs.replace(status, state=State.RUNNING)
    writer.set_status(running)
    return writer


def append(writer: RunWriter, first_step: int, number: int) -> None:
    """Appends so many updates to a run."""
    end = first_step + number
    for first in range(first_step, end, _ROWS_AT_ONCE):
        writer.metrics(list(rows(first, min(_ROWS_AT_ONCE, end - first))))


def write_run(folder: Path, name: str, steps: int) -> Path:
    """Writes a run that has ended; returns its directory."""
    writer, status = _new_run(folder, name, steps)
    append(writer, 1, steps)
    ended = msgspec.structs.replace(
        status, state=State.FINISHED, step=steps, ended_at=status.started_at
    )
    writer.set_status(ended)
    writer.close()
    return writer.path


def copy_run(run: Path, number: int) -> None:
    """Puts copies beside a run, with other seeds, and all that a list of runs reads."""
    status = msgspec.json.decode((run / STATUS).read_bytes())
    config = (run / CONFIG).read_text()
    for copy in range(number):
        path = run.with_name(f"{run.name}-copy-{copy}")
        path.mkdir()
        (path / CONFIG).write_text(re.sub(r"seed: \d+", f"seed: {copy}", config))
        (path / STATUS).write_bytes(encode_line({**status, "id": path.name}))


def _new_run(folder: Path, name: str, total_steps: int) -> tuple[RunWriter, Status]:
    config = _config(total_steps)
    now = records.now()
    status = Status(
        name=name,
        preset="model-a",
        title=config.title,
        dataset=config.dataset.title,
        state=State.STARTING,
        total_steps=config.total_steps,
        started_at=now,
        heartbeat=now,
        device=config.training.device,
        **asdict(this_process()),
    )
    writer = RunWriter.create(
        folder, name=name, config_text=to_yaml(config), status=status
    )
    return writer, msgspec.structs.replace(status, id=writer.id)


def _config(iterations: int) -> RunConfig:
    preset = read_preset(find_preset("model-a"))
    settings = [f"iterations={iterations}", "threads=2", "device=cpu"]
    return preset.with_settings(parse_settings(settings))
