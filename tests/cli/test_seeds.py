"""``cnn-tui train --seeds``: one config with several seeds."""

import json
from pathlib import Path
from statistics import mean, stdev

import pytest

from cnn_tui.runs.layout import State
from cnn_tui.runs.status import read_status
from cnn_tui.text import percent

from .commands import SMALL, invoke, preset, refusal


def test_each_seed_is_trained_and_what_came_of_them_is_told(small: Path) -> None:
    told = invoke("train", small, "--set", "seed=7", "--seeds", "3")
    assert told.exit_code == 0
    statuses = [read_status(run) for run in Path("runs").iterdir()]
    values = [it.test_accuracy or 0.0 for it in statuses if it]
    assert len(set(values)) == 3
    assert told.stdout.splitlines()[-1] == (
        "Seeds: test accuracy at the end, mean ± standard deviation: "
        f"{percent(mean(values))} ± {percent(stdev(values))}, 3 seeds"
    )
    again = invoke("train", small, "--set", "seed=8", "--seeds", "3", "--json")
    found = json.loads(again.stdout.splitlines()[-1])["seeds"]
    assert sorted(found) == ["10", "7", "8", "9"]


def test_a_seed_that_fails_does_not_end_the_others(small: Path) -> None:
    text = SMALL.replace(
        "threads: 1", "threads: 1, optimizer: {name: sgd, lr: 3.0e+38}"
    )
    told = invoke("train", preset(Path(), text, "bad"), "--seeds", "2")
    assert told.exit_code == 1
    statuses = [read_status(run) for run in Path("runs").iterdir()]
    assert [it.state for it in statuses if it] == [State.FAILED] * 2
    assert told.stdout.splitlines()[-1].endswith(
        ": no finished run that was trained by its config alone"
    )


@pytest.mark.parametrize("seeds", ["1", "1001", "x"])
def test_how_many_is_bounded(small: Path, seeds: str) -> None:
    assert invoke("train", small, "--seeds", seeds).exit_code == 2
    assert not Path("runs").exists()


def test_the_queue_pauses_no_run(small: Path) -> None:
    words = ["--seeds", "2", "--background", "--pause-at", "3"]
    assert refusal("train", small, *words).startswith("--pause-at: the queue pauses")
    assert not Path("runs").exists()
