"""``cnn-tui race``: forks of one state, one value each, on the same batches."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import SMALL, invoke, preset, refusal
from tests.engine.making import make_config
from tests.engine.running import ENDLESS, training


@pytest.fixture
def parent(small: Path) -> Path:
    """A run of 20 updates."""
    result = invoke("train", small, "--json")
    return Path(json.loads(result.stdout.splitlines()[0])["run"])


def losses(run: Path) -> dict[int, Any]:
    """Returns the loss of each update."""
    rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return {r["step"]: r["train/loss"] for r in rows if "train/loss" in r}


def status(run: Path) -> Any:
    return json.loads((run / "status.json").read_text())


def test_each_value_has_a_short_run_and_the_best_goes_on(parent: Path) -> None:
    told = invoke("race", f"{parent.name}@8", "--steps", "5", "--json")
    assert told.exit_code == 0
    lanes = json.loads(told.stdout)
    assert [lane["value"] for lane in lanes] == ["lr=0.003333", "", "lr=0.03"]
    runs = [Path(lane["run"]) for lane in lanes]
    for run, lane in zip(runs, lanes, strict=True):
        assert (status(run)["state"], status(run)["step"]) == ("stopped", 13)
        assert status(run)["test_accuracy"] == pytest.approx(lane["accuracy"])
        assert list(losses(run)) == [9, 10, 11, 12, 13]
        assert losses(run)[9] == losses(parent)[9]  # the same batch
        assert (run / "model.safetensors").is_file()
    assert [losses(runs[1])[step] for step in range(9, 14)] == [
        losses(parent)[step] for step in range(9, 14)
    ]
    groups = {line for run in runs for line in lineage(run) if "group" in line}
    assert len(groups) == 1
    assert invoke("resume", runs[2].name).exit_code == 0
    assert (status(runs[2])["state"], status(runs[2])["step"]) == ("finished", 20)
    assert status(runs[0])["state"] == "stopped"


def lineage(run: Path) -> list[str]:
    """Returns the lines of a config that say where the run comes from."""
    return (run / "config.yaml").read_text().partition("lineage:")[2].splitlines()


def test_given_values_past_the_end_and_keeping(parent: Path) -> None:
    arguments = ["--over", "momentum=0,0.5", "--steps", "4", "--keep"]
    result = invoke("race", parent.name, *arguments)
    assert result.exit_code == 0
    table = [line for line in result.stdout.splitlines() if "momentum" in line[:14]]
    assert len(table) == 2
    assert sum(line.startswith("› ") for line in table) == 1
    others = [run for run in parent.parent.iterdir() if run != parent]
    assert sorted(status(run)["state"] for run in others) == ["finished", "stopped"]
    assert {status(run)["step"] for run in others} == {24}


def test_what_diverges_is_stopped(small: Path) -> None:
    text = SMALL.replace("threads: 1", "threads: 1, on_non_finite: pause")
    result = invoke("train", preset(Path(), text, "pausing"), "--json")
    parent = Path(json.loads(result.stdout.splitlines()[0])["run"])
    told = invoke("race", f"{parent.name}@8", "--over", "lr=0.01,3e38", "--json")
    kept, lost = json.loads(told.stdout)
    assert kept["state"] == lost["state"] == "stopped"
    assert lost["step"] < kept["step"]


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ("batch_size=10,20", "--over batch_size: a race is over lr or momentum or"),
        ("lr=0.1", "--over lr=0.1: must be KEY=VALUE,VALUE with 2 to 12 values"),
        ("lr=0.1,", "--over lr=0.1,: must be KEY=VALUE,VALUE with 2 to 12 values"),
        ("momentum=x1,x2", "--over x1: only lr can be multiplied, by > 0"),
        ("lr=1,x", "{} with your settings: training.optimizer.lr: must be a number"),
        ("lr=x0,x2", "--over x0: only lr can be multiplied, by > 0"),
    ],
)
def test_bad_input_is_one_sentence(parent: Path, over: str, sentence: str) -> None:
    said = sentence.format(parent.name)
    assert refusal("race", parent.name, "--over", over).startswith(said)
    assert list(parent.parent.iterdir()) == [parent]


def test_a_run_that_trains_is_paused_and_loses_nothing() -> None:
    with training(make_config(**ENDLESS), Path("runs")) as trained:
        trained.wait_for_row()
        told = invoke("race", trained.path.name, "--over", "lr=x1,x2", "--json")
        assert told.exit_code == 0
        assert status(trained.path)["state"] == "paused"
        one, _ = (Path(lane["run"]) for lane in json.loads(told.stdout))
        step = status(trained.path)["step"]
        assert min(losses(one)) == step + 1
        trained.tell("step", count=3)
        trained.wait_for_steps()
        assert losses(trained.path)[step + 1] == losses(one)[step + 1]
