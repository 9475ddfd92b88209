"""Every command works in a folder that was deleted under the shell."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import SMALL, invoke, preset
from tests.terminal import Terminal

IN_DELETED_FOLDER = ("sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh")
CNN_TUI = (*IN_DELETED_FOLDER, sys.executable, "-m", "cnn_tui")
SOURCE = Path(__file__).parents[2]


def cnn_tui(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder that it deletes first."""
    command = [*CNN_TUI, *words.split()]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is deleted by whatever works there."""
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    monkeypatch.delenv("CNN_TUI_RUNS", raising=False)
    folder = tmp_path / "gone"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run elsewhere."""
    path = preset(tmp_path, SMALL)
    assert invoke("train", path, "--runs-dir", tmp_path / "runs").exit_code == 0
    [run] = (tmp_path / "runs").iterdir()
    return run


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("presets", "model-a"),
        ("show model-a", "28,938 parameters"),
        ("doctor --data-dir data", "/runs, not made yet"),
        ("runs", "no runs in /runs yet"),
        ("runs --runs-dir {folder}", "finished"),
        ("show {run}", "finished"),
        ("train {preset} --background --runs-dir {folder} --data-dir x", "attach /"),
    ],
)
def test_a_command_does_what_it_does_elsewhere(
    words: str, shown: str, gone: Path, run: Path
) -> None:
    text = words.format(folder=run.parent, run=run, preset=gone.parent / "mine.yaml")
    result = cnn_tui(text, gone)
    assert not gone.exists()
    assert (result.returncode, result.stderr) == (0, "")
    assert shown in result.stdout


def test_the_dashboard_says_how_a_run_ended(gone: Path, run: Path) -> None:
    with Terminal([*CNN_TUI, "attach", str(run)], folder=gone) as terminal:
        text = terminal.until("finished at step 20")
        assert f"files in {run}" in text
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("words", ["data pets/", "data pets.npz"])
def test_images_that_went_with_it_are_missing_in_one_sentence(
    words: str, gone: Path
) -> None:
    result = cnn_tui(words, gone)
    assert result.returncode == 2
    [sentence] = result.stderr.splitlines()
    assert sentence.startswith("cnn-tui: ")
    assert f"/{words.split()[1].rstrip('/')}" in sentence
