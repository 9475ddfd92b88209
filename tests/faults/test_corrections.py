"""A run with corrections that is killed ends as one that is not."""

import hashlib
from pathlib import Path

from cnn_tui.engine.data import load_dataset
from cnn_tui.io.safe_yaml import dump
from cnn_tui.runs.layout import RESERVE
from tests.faults.nursery import Nursery
from tests.faults.outcome import assert_same_end
from tests.faults.steering import wait_until_paused


def write_corrections(path: Path) -> Path:
    """Leaves out the first hundred training images, and changes the next hundred."""
    images = load_dataset("mnist", None)[0].images[:200]
    pictures = [
        {
            "part": "train",
            "index": index,
            "sha256": hashlib.sha256(image.numpy().tobytes()).hexdigest()[:16],
            **({"exclude": True} if index < 100 else {"label": "3"}),
        }
        for index, image in enumerate(images)
    ]
    path.write_text(dump({"dataset": "mnist", "pictures": pictures}))
    return path


def content(run: Path) -> dict[Path, bytes]:
    """Returns all files but the room that is kept while a process trains."""
    files = (path for path in run.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.name != RESERVE}


def test_killed_and_resumed_without_its_file(
    cnn_tui: Nursery, preset: Path, tmp_path: Path
) -> None:
    file = write_corrections(tmp_path / "corrections.yaml")
    corrected = ("--set", f"corrections={file}")
    trainer, whole = cnn_tui.train(preset, *corrected)
    assert trainer.wait().code == 0
    trainer, run = cnn_tui.train(preset, *corrected, "--pause-at=40")
    wait_until_paused(run, at=40)
    trainer.kill()
    file.unlink()
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, whole)
    assert cnn_tui.run("verify", run).code == 0


def test_a_changed_copy_is_refused_and_nothing_changes(
    cnn_tui: Nursery, preset: Path, tmp_path: Path
) -> None:
    file = write_corrections(tmp_path / "corrections.yaml")
    trainer, run = cnn_tui.train(
        preset, "--set", f"corrections={file}", "--pause-at=40"
    )
    wait_until_paused(run, at=40)
    trainer.kill()
    copy = run / "corrections.yaml"
    copy.write_text(copy.read_text().replace("'3'", "'4'"))
    before = content(run)
    for command in ("resume", "verify"):
        refused = cnn_tui.run(command, run)
        assert refused.code == 2
        assert "is not what it was when the run began" in refused.output
        assert len(refused.lines) == 1
    assert content(run) == before
