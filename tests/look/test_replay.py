"""An update of a run that is being trained, made again by the process that looks."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
import torch

from cnn_tui.engine.network import Scaling
from cnn_tui.look import messages as ask
from cnn_tui.look.client import Look
from cnn_tui.runs.rows import metrics_rows
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import ENDLESS, training


def test_it_works_while_the_run_goes_on_and_its_weights_can_be_looked_at(
    tmp_path: Path,
) -> None:
    config = make_config(LOGISTIC, **ENDLESS)
    picture = ask.Picture(index=3)

    async def look_inside(run: Path) -> tuple[ask.Replayed, ask.Seen, ask.Seen]:
        look = Look(run, None)
        heard: list[tuple[int, int]] = []
        replayed = await look.ask(
            ask.Replay(step=7), ask.Replayed, lambda *far: heard.append(far)
        )
        seen = [
            await look.ask(
                ask.Look(moment=moment, picture=picture, layer="1"), ask.Seen
            )
            for moment in (7, 0)
        ]
        await look.close()
        assert heard[-1] == (7, 7)
        return replayed, seen[0], seen[1]

    with training(config, tmp_path) as trained:
        trained.wait_for_row()
        trained.tell("pause")
        trained.tell("step", count=20)
        trained.tell("resume")
        replayed, seen, before = asyncio.run(look_inside(trained.path))
        trained.tell("stop")
        trained.outcome()
    losses = [
        row.train_loss
        for row in metrics_rows(trained.path)
        if row.step == 7 and isinstance(row.train_loss, float)
    ]
    assert [replayed.losses.mean()] == pytest.approx(losses, abs=1e-6)
    assert len(replayed.images) == len(replayed.labels) == config.training.batch_size
    assert replayed.images.dtype == np.uint8
    assert seen.step == 7
    assert before.step == 0
    assert not np.array_equal(seen.scores, before.scores)


def test_inputs_become_the_bytes_that_they_were_of() -> None:
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    scaling = Scaling(mean=(0.13,), std=(0.31,))
    inputs = images.float().div(255).sub(0.13).div(0.31)
    assert torch.equal(scaling.bytes_of(inputs), images)
