"""What runs differ in, on real runs and on damaged ones."""

import shutil
from pathlib import Path

import msgspec
import pytest

from cnn_tui.runs.comparison import (
    Difference,
    RunFacts,
    differences,
    read_facts,
    seed_groups,
    status_of,
)
from cnn_tui.runs.layout import CONFIG, ENVIRONMENT


def found(runs: list[Path]) -> dict[str, Difference]:
    facts = [read_facts(run) for run in runs]
    rows = differences(facts, [status_of(run) for run in runs])
    return {row.key: row for row in rows}


def facts(**config: str | int) -> RunFacts:
    return RunFacts(run=Path("a"), config=config)


def test_only_what_differs_is_told(compared_runs: list[Path]) -> None:
    first, second, fast, _ = compared_runs
    rows = found([first, second, fast])
    assert [key for key, row in rows.items() if row.part == "config"] == [
        "training.optimizer.lr",
        "training.seed",
    ]
    assert rows["training.seed"].values == (0, 1, 0)
    assert rows["training.optimizer.lr"].texts == ("0.1", "0.1", "0.2")
    assert not any(row.part == "environment" for row in rows.values())
    assert "parameters" not in rows


def test_the_best_are_marked_by_what_is_better(compared_runs: list[Path]) -> None:
    rows = found(compared_runs)
    statuses = [status_of(run) for run in compared_runs]
    losses = [status.test_loss if status else None for status in statuses]
    assert rows["test loss"].values == tuple(losses)
    best = min(range(4), key=lambda place: losses[place] or 0.0)
    assert rows["test loss"].best == {best}
    accuracies = rows["test accuracy"].values
    assert rows["test accuracy"].best == {
        place
        for place, value in enumerate(accuracies)
        if value == max(accuracies)  # type: ignore[type-var]
    }
    assert not rows["parameters"].best
    assert not rows["training.seed"].best


def test_other_layers_are_told_by_their_number(compared_runs: list[Path]) -> None:
    rows = found([compared_runs[0], compared_runs[3]])
    assert len(set(rows["model.layers"].texts)) == 2
    assert not any(key.startswith("model.layers.") for key in rows)


def test_another_machine_is_told(compared_runs: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(compared_runs[0], tmp_path / "copy"))
    environment = msgspec.json.decode((copy / ENVIRONMENT).read_bytes())
    (copy / ENVIRONMENT).write_bytes(msgspec.json.encode(environment | {"threads": 99}))
    rows = found([compared_runs[0], copy])
    assert rows["threads"].values == (environment["threads"], 99)
    assert rows["threads"].part == "environment"


def test_values_changed_while_it_trained_are_told(
    compared_runs: list[Path],
) -> None:
    run = compared_runs[0]
    status = status_of(run)
    assert status is not None
    changed = msgspec.structs.replace(status, overrides={"lr": 0.03})
    (row,) = differences([read_facts(run)] * 2, [status, changed])
    assert row.key == "training.optimizer.lr"
    assert row.texts == ("0.1", "0.1 → 0.03")


@pytest.mark.parametrize(
    "content", [b"", b"[" * 5000, b"\xff", b"a: &a [*a]", b"a: 0x" + b"f" * 20_000]
)
def test_a_damaged_run_is_compared_as_far_as_it_goes(
    compared_runs: list[Path], tmp_path: Path, content: bytes
) -> None:
    copy = Path(shutil.copytree(compared_runs[0], tmp_path / "copy"))
    (copy / CONFIG).write_bytes(content)
    (copy / ENVIRONMENT).write_bytes(content)
    rows = found([compared_runs[0], copy])
    assert rows["training.optimizer.lr"].texts == ("0.1", "–")
    assert rows["torch"].texts[1] == "–"
    assert "test loss" not in rows


def test_runs_that_differ_in_the_seed_alone_are_a_group(
    compared_runs: list[Path],
) -> None:
    assert seed_groups([read_facts(run) for run in compared_runs]) == [(0, 1)]


def test_two_runs_without_a_config_are_no_group() -> None:
    assert seed_groups([facts(), facts()]) == []


def test_equals_are_both_best(compared_runs: list[Path]) -> None:
    status = status_of(compared_runs[0])
    assert status is not None
    best = [0.5, 0.75, 0.75]
    statuses = [msgspec.structs.replace(status, test_accuracy=each) for each in best]
    (row,) = differences([facts()] * 3, statuses)
    assert row.best == {1, 2}
    assert row.texts == ("50.00 %", "75.00 %", "75.00 %")
