"""Completion as a shell asks for it: real bash, and click's protocol for the others."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import SMALL, invoke, preset

_ASK = """
source completion.sh
COMP_LINE="$1" COMP_POINT=${#1}
_cnn_tui_completion cnn-tui
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the script for bash, and a command of the program's name."""
    command = tmp_path / "bin" / "cnn-tui"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cnn_tui "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    Path("completion.sh").write_text(invoke("completion", "bash").stdout)
    yield Path()


def completed(line: str) -> list[str]:
    """Returns what bash offers in the place of the last word of a line."""
    if (bash := shutil.which("bash")) is None:
        pytest.skip("there is no bash here")
    # compopt is for a completion that bash has called; here it has nothing to do.
    asked = "compopt() { :; }\n" + _ASK
    result = subprocess.run(
        [bash, "-c", asked, "bash", line], capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.usefixtures("shell")
def test_bash_completes_commands_presets_runs_and_keys() -> None:
    preset(Path(), SMALL, "small")
    assert invoke("train", "small.yaml", "--name", "first").exit_code == 0
    [run] = Path("runs").iterdir()
    assert completed("cnn-tui ver") == ["verify"]
    assert {"model-a", "model-b", "model-c"} <= set(completed("cnn-tui train model"))
    assert completed("cnn-tui plot 2") == [run.name]
    assert completed("cnn-tui send 2 pau") == ["pause"]
    assert completed("cnn-tui train model-a --set evaluate_ev") == ["evaluate_every="]
    assert completed("cnn-tui train model-a --set optimizer=ad") == ["adam", "adamw"]
    assert "kmnist" in completed("cnn-tui train model-a --dataset km")
    assert "--checkpoint" in completed("cnn-tui evaluate 2 --che")


@pytest.mark.usefixtures("shell")
def test_runs_are_those_of_the_folder_that_was_named() -> None:
    other = Path("other")
    (other / "20260101-000000-elsewhere").mkdir(parents=True)
    found = completed("cnn-tui plot --runs-dir other 2026")
    assert found == ["20260101-000000-elsewhere"]


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_other_shells_get_the_script_of_click(name: str) -> None:
    result = invoke("completion", name)
    assert result.exit_code == 0
    assert f"_CNN_TUI_COMPLETE={name}_complete" in result.stdout


def test_an_unknown_key_has_no_values_and_no_traceback() -> None:
    words = {"COMP_WORDS": "cnn-tui train model-a --set nothing=", "COMP_CWORD": "4"}
    result = subprocess.run(
        [sys.executable, "-m", "cnn_tui"],
        env={**os.environ, **words, "_CNN_TUI_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (result.stdout.strip(), result.stderr) == ("", "")
