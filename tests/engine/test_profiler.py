"""An update that is taken apart is the same update, and its parts are what it is."""

from pathlib import Path
from typing import Any

import pytest
import torch

from cnn_tui.engine import profiler as profiler_module
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.marks import Timeline, layers_marked, unmarked
from cnn_tui.engine.network import named_layers
from cnn_tui.engine.profiler import Profiler
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.verify import verify_run
from cnn_tui.runs.profile import Profile, read_profile
from tests.engine.making import (
    CONVOLUTION,
    LOGISTIC,
    RANDOM,
    TINY,
    make_config,
    make_trainer,
    same,
)
from tests.engine.running import STEPS, rows, run, training, without_clock

RESIDUAL = [{"residual": [CONVOLUTION, "batch_norm2d", "relu"]}, *RANDOM[1:]]
WAYS: list[tuple[list[Any], dict[str, Any]]] = [
    (RANDOM, {"optimizer": {"lr": 0.1, "momentum": 0.9}, "clip_grad_norm": 1.0}),
    (RESIDUAL, {"gradient_accumulation": 3, "ema_decay": 0.9}),
    (RESIDUAL, {"precision": "bfloat16", "optimizer": "adamw"}),
]
AUGMENTED = {"augmentation": {"crop_padding": 2, "mixup": 0.4}}


@pytest.fixture
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes an update apart after each read-out, whatever that costs."""
    monkeypatch.setattr(profiler_module, "FIRST_UPDATES", 0)
    monkeypatch.setattr(profiler_module, "SHARE", 1e9)


def profiled(path: Path) -> Profile:
    """Returns what the file of a run says."""
    profile = read_profile(path)
    assert profile is not None
    return profile


def marked(layers: Any, splits: Splits, **training: Any) -> list[tuple[str, str]]:
    """Returns what an update marks, in order, without repetitions in a row."""
    config = make_config(layers, **training)
    trainer = make_trainer(config, splits)
    marks: list[tuple[str, str]] = []

    def mark(part: str, layer: str = "") -> None:
        if not marks or marks[-1] != (part, layer):
            marks.append((part, layer))

    trainer.mark = mark
    with layers_marked(named_layers(trainer.model, config), mark):
        assert trainer.update()
    return marks


@pytest.mark.usefixtures("_always")
@pytest.mark.parametrize(("layers", "values"), WAYS)
def test_a_run_whose_updates_are_taken_apart_is_the_same_bit_for_bit(
    layers: list[Any], values: dict[str, Any], tmp_path: Path
) -> None:
    base = {"iterations": 8, "evaluate_every": 1, **values}
    on, _ = run(make_config(layers, AUGMENTED, **base), tmp_path)
    off, _ = run(make_config(layers, AUGMENTED, **base, profile=False), tmp_path)
    assert profiled(on).samples == 8
    assert read_profile(off) is None
    pairs = zip(rows(on, "step"), rows(off, "step"), strict=True)
    assert all(without_clock(a) == without_clock(b) for a, b in pairs)
    last = [load_checkpoint(path / "checkpoints/last.pt") for path in (on, off)]
    for part in ("model", "ema", "optimizer", "rng"):
        assert same(getattr(last[0], part), getattr(last[1], part))
    assert verify_run(on, from_step=None, steps=5, data_dir=None).difference is None


def test_the_marks_of_an_update_are_in_the_order_of_its_parts(splits: Splits) -> None:
    convolution, relu, flatten, linear = (
        *("layer 1, conv2d", "layer 2, relu"),
        *("layer 3, flatten", "layer 4, linear"),
    )
    assert marked(TINY, splits) == [
        *(("checks", ""), ("data", ""), ("copy", ""), ("scaling", "")),
        *(("forward", it) for it in (convolution, relu, flatten, linear, "")),
        *(("loss", ""), ("backward", linear), ("backward", flatten)),
        *(("backward", relu), ("backward", ""), ("rows", ""), ("checks", "")),
        *(("optimizer", ""), ("average", ""), ("rows", "")),
    ]


def test_a_residual_goes_backward_before_the_layers_in_it(splits: Splits) -> None:
    layers = [CONVOLUTION, {"residual": [CONVOLUTION, "relu"]}, *LOGISTIC]
    marks = marked(layers, splits)
    directions = {
        direction: [layer for part, layer in marks if part == direction and layer]
        for direction in ("forward", "backward")
    }
    block = ["layer 2.1, conv2d", "layer 2.2, relu", "layer 2, residual"]
    order = ["layer 1, conv2d", *block, "layer 3, flatten", "layer 4, linear"]
    assert directions["forward"] == order
    assert directions["backward"] == order[:0:-1]  # the first one's is the rest


def test_each_slice_of_a_batch_is_marked(splits: Splits) -> None:
    marks = marked(LOGISTIC, splits, gradient_accumulation=2)
    assert marks.count(("forward", "layer 2, linear")) == 2
    assert marks.count(("loss", "")) == 2
    assert marks.count(("backward", "")) == 2
    assert marks.count(("data", "")) == 1


def test_what_is_augmented_is_a_part(splits: Splits) -> None:
    trainer = make_trainer(make_config(LOGISTIC, AUGMENTED), splits)
    marks: list[str] = []
    trainer.inputs.batch(1, lambda part, layer="": marks.append(part))
    assert marks == ["data", "copy", "scaling", "augmentation"]


def test_a_part_takes_what_lies_between_two_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter([10.0, 10.5, 12.5, 13.5, 14.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(moments))
    timeline = Timeline(torch.device("cpu"))
    timeline.begin()
    for part, layer in (("a", ""), ("b", "1"), ("b", "2"), ("a", "")):
        timeline.mark(part, layer)
    assert timeline.parts() == {("a", ""): 1.0, ("b", "1"): 2.0, ("b", "2"): 1.0}


def test_parts_add_up_to_the_whole_and_layers_to_their_passes(splits: Splits) -> None:
    config = make_config(RESIDUAL)
    trainer, stopwatch = make_trainer(config, splits), Stopwatch()
    profiler = Profiler(trainer, config, stopwatch)
    stopwatch.start()
    assert all(profiler.update() for _ in range(3))
    stopwatch.stop()
    profile = profiler.take()
    assert profile is not None
    assert (profile.samples, profile.updates, profile.device) == (3, 3, "cpu")
    update, layers = profile.update, profile.layers
    assert 0 < update.total * 3 <= profile.seconds
    assert sum(it.backward for it in layers) == pytest.approx(update.backward)
    assert sum(it.forward for it in layers) <= update.forward
    assert [it.name for it in layers] == [
        name for name, _ in named_layers(trainer.model, config)
    ]
    assert all(it.forward > 0 and it.backward > 0 for it in layers)
    assert (profile.waiting is None, profile.host is None) == (False, True)


def test_nothing_is_left_behind(splits: Splits) -> None:
    config = make_config(RANDOM)
    trainer = make_trainer(config, splits)
    profiler = Profiler(trainer, config, Stopwatch())
    assert profiler.update()
    trainer.loss_function = lambda outputs, labels: outputs.sum() / 0
    assert not profiler.update()  # not finite: no sample
    trainer.loss_function = None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        profiler.update()
    assert trainer.mark is unmarked
    assert not any(module._forward_hooks for module in trainer.model.modules())
    profile = profiler.take()
    assert profile is not None
    assert profile.samples == 1


def test_a_net_that_begins_with_what_cannot_learn(splits: Splits) -> None:
    layers = [{"avg_pool2d": {"kernel_size": 2}}, *LOGISTIC]
    config = make_config(layers)
    profiler = Profiler(make_trainer(config, splits), config, Stopwatch())
    assert profiler.update()
    profile = profiler.take()
    assert profile is not None
    backward = {it.name: it.backward for it in profile.layers}
    assert backward.pop("layer 3, linear") == profile.update.backward
    assert set(backward.values()) == {0}


def test_no_update_is_taken_apart_before_that_is_paid_for(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, iterations=99, evaluate_every=1), tmp_path)
    assert not (path / "profile.json").exists()


def test_no_second_one_is_before_the_first_is_paid_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiler_module, "FIRST_UPDATES", 3)
    monkeypatch.setattr(profiler_module, "SHARE", 1e-9)
    path, _ = run(make_config(LOGISTIC, iterations=20, evaluate_every=1), tmp_path)
    assert profiled(path).samples == 1


@pytest.mark.usefixtures("_always")
def test_all_that_is_done_between_updates_is_counted(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, iterations=20, evaluate_every=5), tmp_path)
    profile = profiled(path)
    counted = profile.counted
    assert (profile.since_step, profile.step) == (0, 20)
    assert min(counted.evaluation, counted.checkpoint, counted.read_out) > 0
    assert counted.evaluation + counted.checkpoint + counted.read_out < profile.seconds


@pytest.mark.usefixtures("_always")
def test_it_counts_from_where_training_went_back_to(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC, iterations=STEPS, evaluate_every=5, checkpoint_every=STEPS
    )
    with training(config, tmp_path) as trained:
        trained.tell("pause")
        back = trained.tell("set", name="lr", value=1e-12)["step"]
        trained.tell("step", count=15)
        assert trained.wait_for_steps() == back + 15
        trained.tell("rollback", lr=1e-12)
        trained.tell("pause")
        trained.tell("step", count=15)
        reached = trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    profile = profiled(trained.path)
    assert back <= profile.since_step < reached
    assert profile.step == reached
    assert profile.samples <= profile.updates
