"""The learning-rate range test trains as training does, and leaves runs alone."""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest

from cnn_tui.datasets.telling import nobody
from cnn_tui.engine.checkpoint import LAST, load_checkpoint
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.range_test import range_test, trainer_of
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.trainer import Trainer
from cnn_tui.preflight.messages import RatePoint
from cnn_tui.preflight.rates import RateRange, suggest
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, RANDOM, losses, make_config, same
from tests.engine.running import run

_AUGMENTED = {"augmentation": {"crop_padding": 2, "mixup": 0.4}}
_MOMENTUM = {"name": "sgd", "lr": 0.02, "momentum": 0.9}


def fresh(**training: object) -> Trainer:
    return set_up(make_config(RANDOM, _AUGMENTED, **training), None).trainer


def test_its_updates_are_those_of_training() -> None:
    usual = losses(fresh(optimizer=_MOMENTUM), 43)
    other = {"name": "one_cycle"}
    trainer = fresh(optimizer=_MOMENTUM | {"lr": 1.0}, schedule=other)
    level = RateRange(low=0.02, high=0.02)
    found = list(range_test(trainer, level, seconds=0.0))
    assert [point.loss for point in found] == usual[3:]  # some came first, to measure


def test_rates_grow_by_one_factor() -> None:
    found = list(range_test(fresh(), RateRange(low=1e-5, high=1e-3)))
    factors = [b.rate / a.rate for a, b in pairwise(found)]
    assert factors == pytest.approx([factors[0]] * (len(found) - 1))
    assert (found[0].rate, found[-1].rate) == pytest.approx((1e-5, 1e-3))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_it_ends_where_the_loss_bursts(optimizer: str) -> None:
    config = make_config(LOGISTIC, optimizer={"name": optimizer, "lr": 0.1})
    found = list(
        range_test(set_up(config, None).trainer, RateRange(low=1e-4, high=1e9))
    )
    assert found[-1].rate < 1e8
    suggestion = suggest(found)
    assert suggestion.rate is not None and suggestion.bursts_from is not None
    assert suggestion.rate < suggestion.bursts_from


def test_a_net_that_is_lost_at_once_says_so() -> None:
    config = make_config(LOGISTIC)
    trainer = set_up(config, None).trainer
    trainer.model.get_parameter("1.bias").data.fill_(float("inf"))
    found = list(range_test(trainer, RateRange(low=1e-4, high=1.0)))
    assert found == [RatePoint(rate=1e-4, loss=None)]
    assert suggest(found).rate is None


def test_a_run_is_measured_from_its_newest_checkpoint_and_stays(tmp_path: Path) -> None:
    config = make_config(
        RANDOM, _AUGMENTED, optimizer=_MOMENTUM, iterations=12, history=0
    )
    straight, _ = run(make_config(RANDOM, _AUGMENTED, optimizer=_MOMENTUM), tmp_path)
    halves, _ = run(config, tmp_path)
    before = _contents(halves)
    trainer = trainer_of(halves, None, nobody)
    assert trainer.step == 12
    [*found] = range_test(trainer, RateRange(low=1e-4, high=10.0))
    assert found and _contents(halves) == before
    resume_run(RunWriter.open(halves), Interrupts(), changes=Changes(iterations=20))
    after, wanted = (
        load_checkpoint(at / "checkpoints" / LAST) for at in (halves, straight)
    )
    assert same(after.model, wanted.model) and same(after.optimizer, wanted.optimizer)


def test_a_run_without_a_checkpoint_begins_at_its_seed(tmp_path: Path) -> None:
    path, _ = run(make_config(), tmp_path)
    for name in (path / "checkpoints").iterdir():
        name.unlink()
    assert trainer_of(path, None, nobody).step == 0


def _contents(run: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file()
    }
