"""``cnn-tui evaluate``: the values of the run's own rows, and those of other sets."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnn_tui.engine.data import load_dataset
from tests.cli.commands import invoke, refusal


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is evaluated twice, with a validation set and averaged weights."""
    runs = tmp_path_factory.mktemp("evaluated")
    values = ["iterations=60", "evaluate_every=30", "ema_decay=0.9", "threads=2"]
    values += ["dataset.train_images=2000", "dataset.validation_images=500"]
    options = [word for value in values for word in ("--set", value)]
    result = invoke("train", "model-c", *options, "--runs-dir", runs)
    assert result.exit_code == 0, result.stderr
    [path] = runs.iterdir()
    return path


def evaluated(*arguments: object) -> dict[str, Any]:
    """Returns what ``evaluate --json`` says."""
    result = invoke("evaluate", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_row(run: Path, step: int) -> dict[str, Any]:
    """Returns the test row of a step."""
    lines = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    [row] = [row for row in lines if row.get("step") == step and "test/loss" in row]
    return dict(row)


test_row.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("step", [30, 60])
def test_a_step_gives_the_values_of_its_row(run: Path, step: int) -> None:
    row = test_row(run, step)
    found = evaluated(run, "--checkpoint", step)
    assert found["step"] == step
    assert found["loss"] == row["test/loss"]
    assert found["accuracy"] == row["test/accuracy"]
    held_out = evaluated(run, "--checkpoint", step, "--part", "validation")
    assert held_out["loss"] == row["validation/loss"]
    assert sum(map(sum, held_out["confusion"])) == 500


def test_classes_are_those_of_the_confusion_matrix(run: Path) -> None:
    found = evaluated(run, "--checkpoint", "newest")
    with np.load(run / "evaluations" / "00000060.npz") as arrays:
        confusion = arrays["confusion"]
    assert found["confusion"] == confusion.tolist()
    recall = confusion.diagonal() / confusion.sum(1)
    assert [c["recall"] for c in found["classes"]] == pytest.approx(recall)
    lines = invoke("evaluate", run, "--checkpoint", "newest").stdout.splitlines()
    assert lines[0] == "mnist, 10,000 images; weights after update 60"
    assert f"{100 * found['accuracy']:.2f} %" in lines[1]
    assert len(lines) == 4 + 10


def npz(path: Path, names: list[str], order: list[int]) -> Path:
    """Writes 300 digits whose classes are called and numbered in another way."""
    _, test = load_dataset("mnist", None)
    labels = torch.tensor([order.index(int(n)) for n in test.labels[:300]])
    images = test.images[:300, 0].numpy()
    np.savez(path, images=images, labels=labels.numpy(), class_names=names)
    return path


def test_classes_of_another_set_are_found_by_name(run: Path, tmp_path: Path) -> None:
    order = list(range(10))[::-1]
    path = npz(tmp_path / "same.npz", [str(n) for n in order], order)
    found = evaluated(run, "--dataset", path, "--checkpoint", "newest")
    assert sum(map(sum, found["confusion"])) == 300
    assert found["accuracy"] > 0.3
    assert found["note"] == ""


def test_unknown_names_are_taken_by_their_order(run: Path, tmp_path: Path) -> None:
    names = [f"digit {n}" for n in range(10)]
    path = npz(tmp_path / "named.npz", names, list(range(10)))
    found = evaluated(run, "--dataset", path)
    assert found["accuracy"] > 0.3
    assert "by their order" in found["note"]


def test_another_shape_and_a_missing_part_are_refused(
    run: Path, tmp_path: Path
) -> None:
    np.savez(
        tmp_path / "colour.npz",
        images=np.zeros((40, 28, 28, 3), np.uint8),
        labels=np.arange(40) % 2,
    )
    assert "3×28×28, the network takes 1×28×28" in refusal(
        "evaluate", run, "--dataset", tmp_path / "colour.npz"
    )
    assert "no validation pictures" in refusal(
        "evaluate", run, "--dataset", "mnist", "--part", "validation"
    )


def test_damaged_checkpoints_are_named_with_what_else_can_be_evaluated(
    run: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "damaged"
    shutil.copytree(run, copy)
    for name in ("last.pt", "previous.pt"):
        (copy / "checkpoints" / name).write_bytes(b"cut")
    said = refusal("evaluate", copy, "--checkpoint", "newest")
    assert "there is no good checkpoint" in said
    assert "last.pt: is damaged, or no checkpoint" in said
    assert evaluated(copy, "--checkpoint", "best")["step"]
