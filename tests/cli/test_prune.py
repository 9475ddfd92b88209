"""What pruning and the trash remove, what they leave, and that it can be made again."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from cnn_tui.engine.replay import replay
from cnn_tui.runs.disk_use import disk_bytes
from cnn_tui.runs.lock import acquire
from cnn_tui.runs.prune import prunable
from tests.cli.commands import invoke, preset, refusal

SMALL = """\
dataset: {train_images: 500}
model: {layers: [flatten, linear: {out_features: classes}]}
training: {iterations: 40, batch_size: 50, evaluate_every: 5, threads: 1}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with a past; do not change it."""
    folder = tmp_path_factory.mktemp("trained")
    made = preset(folder, SMALL)
    result = invoke("train", made, "--runs-dir", folder / "runs")
    assert result.exit_code == 0, result.stderr
    [run] = (folder / "runs").iterdir()
    return run


@pytest.fixture
def run(trained: Path) -> Path:
    """A copy of it, in the folder of runs; hard links stay."""
    copy = Path("runs").absolute() / trained.name
    copy.parent.mkdir()
    seen: dict[int, str] = {}

    def link(source: str, target: str) -> None:
        inode = os.stat(source).st_ino
        if inode in seen:
            os.link(seen[inode], target)
        else:
            shutil.copy2(source, target)
        seen[inode] = target

    shutil.copytree(trained, copy, copy_function=link)
    return copy


def files(run: Path) -> set[str]:
    """Returns the names of the weights of a run."""
    return {str(path.relative_to(run)) for path in run.rglob("*.pt")}


def weights(path: Path) -> dict[str, torch.Tensor]:
    """Returns the weights in a checkpoint."""
    found: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["model"]
    return found


def test_what_was_pruned_is_made_again_bit_for_bit(run: Path) -> None:
    past = weights(run / "history" / "step-00000020.pt")
    before = disk_bytes(run)
    dry = invoke("prune", "--dry-run").stdout
    assert disk_bytes(run) == before
    result = invoke("prune", "--yes")
    freed = before - disk_bytes(run)
    assert freed > 0
    assert f"{freed:,} bytes would be free again" in dry
    assert f"{freed:,} bytes are free again" in result.stdout
    assert files(run) == {
        "checkpoints/best.pt",
        "checkpoints/last.pt",
        "history/step-00000000.pt",
    }
    again = replay(run, 20, None)
    assert (again.from_step, again.not_exact) == (0, None)
    model = again.network.model.state_dict()
    assert all(torch.equal(model[name], value) for name, value in past.items())
    assert invoke("prune", "--yes").stdout == "there is nothing to remove\n"


def test_previous_stays_where_the_last_checkpoint_is_damaged(run: Path) -> None:
    with (run / "checkpoints" / "last.pt").open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    invoke("prune", "--yes")
    assert "checkpoints/previous.pt" in files(run)


def test_a_past_that_cannot_be_repeated_stays(run: Path) -> None:
    with (run / "events.jsonl").open("a") as file:
        file.write('{"event":"not_bit_exact","at":"2026-01-01T00:00:00Z","step":3}\n')
    assert [path.name for path in prunable(run)] == ["previous.pt"]


def test_only_runs_that_are_described_and_that_nobody_trains(run: Path) -> None:
    assert invoke("prune", "--yes", "state=failed").stdout.startswith("there is noth")
    before = files(run)
    lock = acquire(run)
    assert "left as it is: " in invoke("prune", "--yes").stdout
    lock.release()
    assert files(run) == before
    assert "there is no terminal to ask on: give --yes" in refusal_of("prune")
    assert files(run) == before


def refusal_of(*arguments: str) -> str:
    """Returns what is said on standard error."""
    result = invoke(*arguments)
    assert result.exit_code == 2
    return result.stderr


def test_the_trash_is_listed_restored_and_emptied(run: Path) -> None:
    from cnn_tui.runs.trash import throw_away

    assert "is empty" in invoke("trash").stdout
    size = disk_bytes(run)
    throw_away(run)
    assert invoke("trash", "--list").stdout.startswith(run.name)
    assert invoke("trash", "--restore", run.name).stdout == f"restored {run}\n"
    assert run.is_dir()
    throw_away(run)
    assert "give --yes to remove 1 deleted run" in refusal("trash", "--empty")
    assert f"{size:,} bytes are free" in invoke("trash", "--empty", "--yes").stdout
    assert "is empty" in invoke("trash").stdout
    assert 'no run "x" in the trash: it is empty' in refusal("trash", "--restore", "x")
