"""The exactness that is promised, on a real GPU."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cnn_tui.config.values import MAX_STEPS
from cnn_tui.engine import profiler, setup
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.look.answers import Answers
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.trainer import Trainer
from cnn_tui.engine.verify import verify_run
from cnn_tui.look import messages as ask
from cnn_tui.runs.layout import State
from cnn_tui.runs.profile import read_profile
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import RANDOM, TINY, make_config, same
from tests.engine.running import events, rows, run, without_clock

pytestmark = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="there is no GPU by NVIDIA here"
)
WAYS: list[dict[str, Any]] = [
    {},
    {"optimizer": "adam", "memory_format": "contiguous"},
    {"optimizer": {"name": "adamw"}, "clip_grad_norm": 1.0},
    {"optimizer": {"name": "rmsprop", "momentum": 0.9}},
    {"optimizer": {"momentum": 0.9, "nesterov": True}, "precision": "tf32"},
    {"precision": "bfloat16"},
    {
        "ema_decay": 0.9,
        "gradient_accumulation": 3,
        "drop_last": True,
        "evaluate_flipped": True,
        "loss": {"class_weights": "balanced"},
        "optimizer": {"weight_decay": 0.01, "decay_norms_and_biases": False},
    },
]


class Patient(Trainer):
    """A trainer that checks each update and waits for it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.check_until(MAX_STEPS)


def result(path: Path) -> tuple[Any, Any]:
    """Returns the rows of a run, without the clock, and its weights."""
    weights = load_file(path / "model.safetensors")
    return [without_clock(row) for row in rows(path, "step")], weights


def config(**values: Any) -> Any:
    """Returns a config of 40 updates on CUDA with random numbers in its net."""
    return make_config(RANDOM, iterations=40, device="cuda", **values)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_run_can_be_repeated_bit_for_bit(way: dict[str, Any], tmp_path: Path) -> None:
    first, second = (result(run(config(**way), tmp_path)[0]) for _ in range(2))
    assert same(first, second)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_to_check_each_update_changes_no_bit(
    way: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated = result(run(config(**way), tmp_path)[0])
    monkeypatch.setattr(setup, "Trainer", Patient)
    assert same(gated, result(run(config(**way), tmp_path)[0]))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_run_goes_on_where_it_was_and_can_be_verified(
    way: dict[str, Any], tmp_path: Path
) -> None:
    whole, _ = run(config(**way), tmp_path)
    half, _ = run(make_config(RANDOM, iterations=20, device="cuda", **way), tmp_path)
    outcome = resume_run(
        RunWriter.open(half), Interrupts(), changes=Changes(iterations=40)
    )
    assert outcome.state is State.FINISHED
    assert same(result(whole)[1], result(half)[1])
    assert verify_run(half, from_step=0, steps=40, data_dir=None).difference is None


@pytest.mark.parametrize("policy", ["ignore", "rollback", "stop"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_bad_updates_leave_weights_that_are_finite(
    policy: str, optimizer: str, tmp_path: Path
) -> None:
    values = {"name": optimizer, "lr": 1e36}
    path, _ = run(config(optimizer=values, on_non_finite=policy), tmp_path)
    assert events(path, "non_finite")
    for file in (path / "checkpoints").iterdir():
        model = load_checkpoint(file).model
        assert all(bool(value.isfinite().all()) for value in model.values())


def test_a_run_may_not_be_exact_if_it_is_told_so(tmp_path: Path) -> None:
    path, _ = run(make_config(TINY, device="cuda", deterministic=False), tmp_path)
    assert len(events(path, "not_bit_exact")) == 1
    path, _ = run(make_config(TINY, device="cuda"), tmp_path)
    assert events(path, "not_bit_exact") == []


def test_images_that_do_not_fit_give_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = run(config(), tmp_path)[0]
    monkeypatch.setattr(setup, "room_for_images", lambda *arguments: 0)
    elsewhere = run(config(), tmp_path)[0]
    assert len(events(elsewhere, "data_noticed")) == 2
    assert same(result(elsewhere), result(resident))


def test_looks_on_the_gpu_find_what_those_on_the_cpu_find(tmp_path: Path) -> None:
    answers = Answers(run(config(), tmp_path)[0], None)
    replayed = answers.require(ask.Replay(step=17), ask.Replayed)
    picture = ask.Picture(index=3)
    questions: list[ask.AnyQuestion] = [
        ask.Look(moment=moment, picture=picture, layer="3")
        for moment in ("newest", 0, replayed.step)
    ]
    questions += [
        ask.Explain(moment="newest", picture=picture, layer=layer, channel=2)
        for layer in ("1", "2", "6")
    ]
    questions += [
        ask.Predict(moment="newest"),
        ask.FindPatches(moment="newest", layer="1", channel=1),
        ask.Occlude(moment="newest", picture=picture, label=4),
        ask.FindNeighbours(moment="newest", picture=picture),
    ]
    before = [numbers(answers.answer(question)) for question in questions]
    assert answers.use("cuda").startswith("cuda:0")
    for question, expected in zip(questions, before, strict=True):
        found = numbers(answers.answer(question))
        assert found.keys() == expected.keys()
        for name, value in found.items():
            assert np.allclose(value, expected[name], rtol=1e-3, atol=1e-4), name


def numbers(answer: ask.AnyAnswer) -> dict[str, Any]:
    """Returns what of an answer is an array or a number."""
    assert not isinstance(answer, ask.Failed), answer.reason
    found = {name: getattr(answer, name) for name in answer.__struct_fields__}
    kinds = (np.ndarray, float, int)
    return {name: value for name, value in found.items() if isinstance(value, kinds)}


def test_updates_are_taken_apart_by_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiler, "FIRST_UPDATES", 0)
    monkeypatch.setattr(profiler, "SHARE", 1e9)
    on, _ = run(config(evaluate_every=1), tmp_path)
    off, _ = run(config(evaluate_every=1, profile=False), tmp_path)
    assert same(result(on), result(off))
    found = read_profile(on)
    assert found is not None
    assert found.samples > 0
    assert found.host is not None
    assert found.waiting is None
    assert min(found.update.forward, found.update.backward) > 0
