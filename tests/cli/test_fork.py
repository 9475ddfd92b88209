"""``cnn-tui fork`` and ``tree``, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import invoke, refusal


@pytest.fixture
def parent(small: Path) -> Path:
    """A run of 20 updates, tested after 10 and 20."""
    result = invoke("train", small, "--json")
    return Path(json.loads(result.stdout.splitlines()[0])["run"])


def train_rows(run: Path) -> dict[int, Any]:
    """Returns the loss and the rate of each update."""
    rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return {r["step"]: (r["train/loss"], r["lr"]) for r in rows if "lr" in r}


def made_by(result: Any) -> Path:
    """Returns the run that a command with --json made."""
    assert result.exit_code == 0, result.output
    return Path(json.loads(result.stdout.splitlines()[0])["run"])


def test_a_fork_goes_on_from_any_update_and_names_its_parent(parent: Path) -> None:
    arguments = ["--set", "lr=0.02", "--name", "Hotter", "--iterations", "+5"]
    child = made_by(invoke("fork", f"{parent.name}@7", *arguments, "--json"))
    assert child.parent == parent.parent
    assert child.name.endswith("-hotter")
    text = (child / "config.yaml").read_text()
    assert f"lineage:\n  parent: {parent.name}\n  step: 7\n" in text
    rows = train_rows(child)
    assert list(rows) == list(range(8, 26))
    assert rows[8][0] == train_rows(parent)[8][0]
    assert rows[8][1] == 0.02
    assert invoke("verify", child.name).output == "same: steps 8 to 25, bit for bit\n"
    # Its config is a preset like any other: a run of its own, from the seed.
    again = made_by(invoke("train", child / "config.yaml", "--json"))
    assert "lineage" not in (again / "config.yaml").read_text()
    assert next(iter(train_rows(again))) == 1


def test_best_and_newest_are_steps_and_it_can_be_made_to_be_resumed(
    parent: Path,
) -> None:
    best = json.loads((parent / "status.json").read_text())["best"]["step"]
    child = made_by(
        invoke("fork", f"{parent}@best", "--iterations", "25", "--no-start", "--json")
    )
    status = json.loads((child / "status.json").read_text())
    assert (status["step"], status["state"]) == (best, "interrupted")
    assert invoke("resume", child).exit_code == 0
    assert list(train_rows(child)) == list(range(best + 1, 26))
    newest = invoke("fork", child.name, "--iterations", "+1", "--no-start")
    assert Path(newest.stdout.strip()).is_dir()


def test_bad_input_is_one_sentence(parent: Path) -> None:
    assert refusal("fork", f"{parent.name}@99") == (
        f"{parent.name} has no update 99: it has done 20"
    )
    assert refusal("fork", parent.name) == (
        f"{parent.name} has done 20 updates already; "
        "give a larger total, such as --iterations +1000"
    )
    assert refusal("fork", f"{parent.name}@first") == (
        f'"{parent.name}@first": after @ stands best, newest, or an update\'s number'
    )
    assert refusal("fork", f"{parent.name}@7", "--set", "optimizer=adam").startswith(
        "training.optimizer.name cannot be changed in a fork: "
    )
    assert [run.name for run in parent.parent.iterdir()] == [parent.name]


def test_the_tree_shows_steps_changes_and_the_best(parent: Path) -> None:
    assert "was forked" in invoke("tree").stdout
    child = made_by(invoke("fork", f"{parent.name}@7", "--set", "lr=0.02", "--json"))
    made_by(invoke("fork", f"{child.name}@15", "--set", "batch_size=25", "--json"))
    first, second, third = invoke("tree", parent.name).stdout.splitlines()
    assert first.startswith(f"{parent.name}  ✓ finished 20/20  best ")
    assert second.startswith(f"└─ {child.name}  from 7: lr=0.02  ✓ finished 20/20  be")
    assert "  from 15: batch_size=25  " in third
    told = json.loads(invoke("tree", "--json").stdout)
    assert [it["depth"] for it in told] == [0, 1, 2]
    assert told[1]["lineage"]["parent"] == parent.name
