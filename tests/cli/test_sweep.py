"""``cnn-tui sweep``: begun, shown, extended and stopped."""

import json
import sys
from pathlib import Path

import pytest

from cnn_tui.jobs import read_queue
from cnn_tui.sweeps.files import find_sweep
from tests.cli.commands import invoke, refusal
from tests.sweeps.studies import told

RUNS = Path("runs")
QUIET = "--no-start"


def test_a_sweep_is_begun_and_its_first_trial_waits(small: Path) -> None:
    asked = ("--over", "lr=0.1,0.2", "--seeds", "2", "--trials", "3", QUIET)
    result = invoke("sweep", small, *asked, "--set", "iterations=5", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["name"], found["state"]) == ("small-sweep", "running")
    assert (found["trials"], found["seeds"]) == (3, 2)
    waiting = read_queue(RUNS)
    assert [job.run_id for job in waiting] == found["asked"][0]["runs"]
    configs = [job.job.config for job in waiting if job.job]
    assert [it["training"]["seed"] for it in configs] == [0, 1]
    assert {it["training"]["iterations"] for it in configs} == {5}
    assert configs[0]["study"] == {"name": "small-sweep", "trial": 0}


def test_a_file_says_the_same(small: Path) -> None:
    Path("mine.yaml").write_text(f"preset: {small}\nover: {{lr: 0.1..0.2}}\n")
    assert (
        "mine · running · 1 of 30 trials" in invoke("sweep", "mine.yaml", QUIET).output
    )
    assert refusal("sweep", "mine.yaml", "--seeds", "3", QUIET).startswith("--seeds: ")


def test_what_was_found_is_told_and_goes_on(tmp_path: Path) -> None:
    sweep = told(RUNS, finished=12)
    shown = invoke("sweep", sweep.name).output
    assert "wide · running · best" in shown
    assert "✗    13    50.00 %" in shown
    assert "is NaN \\x1b[31m" in shown
    assert "for the best quarter, from 12 finished trials" in shown
    assert shown.splitlines()[0] in invoke("sweep").output
    invoke("sweep", sweep.name, "--stop")
    assert "wide · stopping" in invoke("sweep", sweep.name).output
    found = json.loads(
        invoke("sweep", "wide", "--trials", "+3", QUIET, "--json").output
    )
    assert (found["state"], found["trials"]) == ("running", 20)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing"], 'no sweep "nothing" in '),
        (["model-c", "--over", "lr"], "--over lr: must be KEY=VALUE"),
        (["model-c", "--over", "lr=1,2", "--trials", "0"], "--trials 0: must be a"),
        (["model-c", "--over", "lr=0,1"], "--over training.optimizer.lr=0: "),
        (["wide", "--trials", "some"], "--trials some: must be N, or +N for N more"),
        (["wide", "--trials", "2"], "wide is to try 6 values now: --trials must be"),
        (["wide", "--seeds", "2"], "--seeds is for a new sweep, which needs --over"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(words: list[str], sentence: str) -> None:
    told(RUNS, finished=1)
    assert refusal("sweep", *words).startswith(sentence)


def test_without_optuna_it_says_what_to_install(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    told_ = refusal("sweep", small, "--over", "lr=0.1,0.2")
    assert told_.endswith("which is not installed: pip install 'cnn-tui[sweep]'")
    assert not RUNS.exists()
    with pytest.raises(Exception, match="no sweep"):
        find_sweep("small-sweep", RUNS)


def test_a_damaged_sweep_hides_no_other(small: Path) -> None:
    told(RUNS, finished=1)
    broken = told(RUNS, finished=1, name="broken")
    (broken.path / "sweep.yaml").write_text("over: [")
    first, second = invoke("sweep").output.splitlines()
    assert first.startswith("broken · ")
    assert "sweep.yaml" in first
    assert second.startswith("wide · running")
    assert "problem" in json.loads(invoke("sweep", "--json").stdout)[0]
