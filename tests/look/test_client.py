"""Asking a process about a real run."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.look.answers import Answers
from cnn_tui.engine.network import Scaling, load_network
from cnn_tui.errors import InputError, TrainingError
from cnn_tui.look import messages as ask
from cnn_tui.look.client import Look
from cnn_tui.runs.config import read_config

Talk = Callable[[Look], Coroutine[Any, Any, None]]
SEVEN = ask.Picture(index=0)


def talk(run: Path, about: Talk) -> None:
    """Asks a process about a run, and ends it."""

    async def asking() -> None:
        look = Look(run, None)
        try:
            await about(look)
        finally:
            await look.close()

    asyncio.run(asking())
    mine = psutil.Process().children()
    assert not [child for child in mine if "cnn_tui.engine.look" in child.cmdline()]


def test_what_is_seen_is_what_the_checkpoint_computes(run: Path) -> None:
    async def look_inside(look: Look) -> None:
        opened = await look.ask(ask.Open(), ask.Opened)
        assert [layer.type for layer in opened.layers][:3] == [
            *("conv2d", "relu", "max_pool2d")
        ]
        assert opened.pictures["test"] == 10_000
        assert opened.pictures["validation"] == 0
        seen = await look.ask(
            ask.Look(moment="newest", picture=SEVEN, layer="1"), ask.Seen
        )
        checkpoint = load_checkpoint(run / "checkpoints" / "last.pt")
        config = read_config(run)
        assert checkpoint.scaling == Scaling()
        network = load_network(config, Scaling(), checkpoint.model, torch.device("cpu"))
        network.model.eval()
        images = torch.from_numpy(seen.image.copy())[None]
        with torch.inference_mode():
            maps = network.model[0](network.inputs(images))[0]
            scores = network(images)[0]
        assert np.array_equal(seen.maps, maps.numpy())
        assert np.array_equal(seen.scores, scores.numpy())
        assert seen.probabilities.sum() == pytest.approx(1)
        assert seen.filters is not None
        assert np.array_equal(seen.filters, checkpoint.model["0.weight"])
        assert (seen.step, seen.label) == (checkpoint.step, 7)
        assert seen.net_limit >= np.abs(seen.maps).max()

    talk(run, look_inside)


def test_a_picture_of_ones_own_and_one_that_does_not_fit(run: Path) -> None:
    async def look_inside(look: Look) -> None:
        own = ask.Picture(own=np.zeros((1, 28, 28), np.uint8))
        seen = await look.ask(ask.Look(moment=0, picture=own, layer="0"), ask.Seen)
        assert (seen.step, seen.label) == (0, None)
        assert (seen.maps == 0).all()
        small = ask.Picture(own=np.zeros((1, 8, 8), np.uint8))
        with pytest.raises(InputError, match="the network takes"):
            await look.ask(ask.Look(moment=0, picture=small, layer="0"), ask.Seen)

    talk(run, look_inside)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (
            ask.Look(moment=77, picture=SEVEN, layer="1"),
            "no checkpoint of step 77",
        ),
        (ask.Look(moment=0, picture=ask.Picture(index=10_000), layer="1"), "from 0 on"),
        (ask.Look(moment=0, picture=SEVEN, layer="9.9"), "no layer"),
        (ask.FindPatches(moment=0, layer="1", channel=99), "no channel 99"),
        (ask.Predict(moment=0, part="validation"), "no validation images"),
        (ask.Occlude(moment=0, picture=SEVEN, label=10), "no class 10"),
        (ask.Fetch(part="test", indices=(-1,)), "no such picture"),
        (ask.UseDevice(device="cuda:99"), "no device cuda:99 here; there is "),
        (ask.UseDevice(device="cuda:\x1b[31m"), "no device cuda:"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(
    run: Path, question: ask.AnyQuestion, reason: str
) -> None:
    answer = Answers(run, None).answer(question)
    assert isinstance(answer, ask.Failed)
    assert reason in answer.reason


def test_a_long_answer_tells_how_far_it_is_and_can_be_withdrawn(run: Path) -> None:
    async def look_inside(look: Look) -> None:
        heard: list[tuple[int, int]] = []
        begun = asyncio.Event()

        def tell(done: int, total: int) -> None:
            heard.append((done, total))
            begun.set()

        asking = asyncio.create_task(
            look.ask(ask.Predict(moment=0), ask.Predictions, tell)
        )
        await begun.wait()
        asking.cancel()
        opened = await look.ask(ask.Open(), ask.Opened)
        assert opened.pictures["test"] > heard[-1][0]
        found = await look.ask(ask.Predict(moment=0), ask.Predictions, tell)
        assert heard[-1] == (10_000, 10_000)
        assert len(found.labels) == len(found.predicted) == 10_000

    talk(run, look_inside)


def test_a_device_that_is_not_there_leaves_the_look_where_it_is(run: Path) -> None:
    async def look_inside(look: Look) -> None:
        question = ask.Look(moment="newest", picture=SEVEN, layer="4")
        before = await look.ask(question, ask.Seen)
        with pytest.raises(InputError, match="no device cuda:99"):
            await look.ask(ask.UseDevice(device="cuda:99"), ask.DeviceUsed)
        used = await look.ask(ask.UseDevice(device="cpu"), ask.DeviceUsed)
        assert used.label == "cpu"
        after = await look.ask(question, ask.Seen)
        assert np.array_equal(after.maps, before.maps)

    talk(run, look_inside)


def test_a_process_that_dies_is_said_to_be_gone(run: Path) -> None:
    async def look_inside(look: Look) -> None:
        await look.ask(ask.Open(), ask.Opened)
        [child] = [
            child
            for child in psutil.Process().children()
            if "cnn_tui.engine.look" in child.cmdline()
        ]
        predicting = look.ask(ask.Predict(moment=0), ask.Predictions)
        asking = asyncio.create_task(predicting)  # it takes long enough
        await asyncio.sleep(0)
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(TrainingError, match="is gone"):
            await asking
        with pytest.raises(TrainingError, match="is gone"):
            await look.ask(ask.Open(), ask.Opened)

    talk(run, look_inside)


def test_a_directory_that_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    async def look_inside(look: Look) -> None:
        with pytest.raises(InputError, match=r"config\.yaml cannot be read"):
            await look.ask(ask.Open(), ask.Opened)

    talk(tmp_path, look_inside)
