"""A home of its own for everything that is measured."""

import os
import sys
import time
from pathlib import Path

import pytest

from bench.workplace import (
    PROGRAM,
    TITLE,
    Workplace,
    open_workplace,
    wait_for_run,
    wait_until,
)
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset


def test_folders_are_new_and_empty(workplace: Workplace) -> None:
    folders = [workplace.folder("a"), workplace.folder("b"), workplace.folder("a")]
    assert len(set(folders)) == 3
    assert all(folder.is_dir() and not list(folder.iterdir()) for folder in folders)


def test_a_preset_has_the_settings_and_its_title(workplace: Workplace) -> None:
    path = workplace.preset(workplace.folder("p"), "model-a", "lr=0.5", "threads=1")
    config = read_preset(find_preset(str(path))).config
    assert (config.title, config.training.optimizer.lr) == (TITLE, 0.5)
    assert config.training.threads == 1


def test_programs_run_there_and_what_they_print_is_kept(workplace: Workplace) -> None:
    folder = workplace.folder("program")
    script = "import os, sys; print(os.getcwd()); print('oh', file=sys.stderr)"
    process = workplace.start(sys.executable, "-c", script, folder=folder)
    assert process.wait(60) == 0
    assert (folder / "output").read_text().split() == [str(folder), "oh"]
    printed = workplace.read(sys.executable, "-c", script, folder=folder)
    assert printed == f"{folder}\n"


def test_waiting_ends_when_it_holds_and_says_what_does_not_come() -> None:
    times = iter([False, False, True])
    wait_until(lambda: next(times), "the third time")
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"waited 0\.1 s for nothing"):
        wait_until(lambda: False, "nothing", seconds=0.1)
    assert time.monotonic() - began < 10


def test_a_run_counts_once_it_has_a_row(workplace: Workplace) -> None:
    folder = workplace.folder("runs")
    for name, rows in ((".new-a", "{}\n"), ("b", ""), ("c", "{}\n")):
        metrics = folder / "runs" / name / "metrics.jsonl"
        metrics.parent.mkdir(parents=True)
        metrics.write_text(rows)
    assert wait_for_run(folder) == folder / "runs" / "c"


def test_a_workplace_is_away_from_the_user_and_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CNN_TUI_RUNS", "/somewhere/else")
    with open_workplace() as workplace:
        root = workplace.root
        assert "CNN_TUI_RUNS" not in workplace.environment
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            assert Path(workplace.environment[name]).is_relative_to(root)
        assert list((root / "CACHE" / "cnn-tui").glob("mnist-*"))  # decoded already
        version = workplace.read(*PROGRAM, "--version", folder=workplace.folder("v"))
        assert version.startswith("cnn-tui ")
    assert not root.exists()
    assert os.environ["CNN_TUI_RUNS"] == "/somewhere/else"
