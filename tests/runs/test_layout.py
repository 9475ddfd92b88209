"""Names, ids, folders, and what RUN means in a command."""

import itertools
import string
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs import layout
from cnn_tui.runs.layout import CONFIG, ENDED, GLYPHS, LIVE, State


def make_run(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir(parents=True)
    (path / CONFIG).write_text("format: 1\n")
    return path


@given(st.text())
def test_a_slug_is_short_plain_and_never_empty(text: str) -> None:
    name = layout.slug(text)
    assert 1 <= len(name) <= 48
    assert set(name) <= set(string.ascii_lowercase + string.digits + "-")
    assert name == name.strip("-")
    assert layout.slug(name) == name


def test_a_slug_keeps_what_can_be_kept() -> None:
    assert layout.slug("Modèle_A (große) 2") == "modele-a-groe-2"


def test_ids_are_local_time_and_name_then_numbered() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7).astimezone()
    ids = list(itertools.islice(layout.run_ids("Model A", moment), 3))
    first = "20260304-050607-model-a"
    assert ids == [first, f"{first}-2", f"{first}-3"]


def test_every_state_is_queued_live_or_ended_and_has_its_own_glyph() -> None:
    assert set(State) == LIVE | ENDED | {State.QUEUED}
    assert not LIVE & ENDED
    assert set(GLYPHS) == {*State, "lost", "silent"}
    assert len(set(GLYPHS.values())) == len(GLYPHS)


def test_the_folder_is_the_option_else_the_variable_else_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CNN_TUI_RUNS", raising=False)
    assert layout.runs_folder(None) == tmp_path / "runs"
    monkeypatch.setenv("CNN_TUI_RUNS", "/elsewhere")
    assert layout.runs_folder(None) == Path("/elsewhere")
    assert layout.runs_folder(Path("mine")) == tmp_path / "mine"
    assert layout.runs_folder(Path("~/x")) == Path.home() / "x"


def test_a_run_is_found_by_id_unique_prefix_or_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    one, two = make_run(folder, "20260101-a"), make_run(folder, "20260102-b")
    assert layout.find_run("20260101-a", folder) == one
    assert layout.find_run("20260102", folder) == two
    assert layout.find_run(str(two), tmp_path / "other") == two
    assert layout.find_run("runs/20260101-a/", folder) == one
    monkeypatch.chdir(folder)
    assert layout.find_run("20260101-a", tmp_path / "other") == one


def test_an_id_wins_over_the_longer_ids_it_begins(tmp_path: Path) -> None:
    run = make_run(tmp_path, "20260101-a")
    make_run(tmp_path, "20260101-a-2")
    assert layout.find_run("20260101-a", tmp_path) == run


def test_an_ambiguous_prefix_names_the_candidates(tmp_path: Path) -> None:
    make_run(tmp_path, "20260101-a")
    make_run(tmp_path, "20260101-b")
    with pytest.raises(RunDirectoryError, match="20260101-a, 20260101-b"):
        layout.find_run("2026", tmp_path)


def test_an_unknown_run_names_the_newest_ones(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="there are no runs yet"):
        layout.find_run("x", tmp_path)
    for day in range(1, 8):
        make_run(tmp_path, f"2026010{day}-a")
    with pytest.raises(RunDirectoryError, match=r"there are 20260107-a, .*, …$"):
        layout.find_run("x", tmp_path)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../outside", "a/../../b", "x\0/y", "~nobody-here/x"]
)
def test_a_path_that_is_no_run_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match=r"not a run directory"):
        layout.find_run(text, tmp_path)


def test_unfinished_runs_files_and_links_are_no_runs(tmp_path: Path) -> None:
    outside = make_run(tmp_path / "outside", "secret")
    folder = tmp_path / "runs"
    make_run(folder, ".new-20260101-a")
    (folder / "notes.txt").touch()
    (folder / "20260102-link").symlink_to(outside)
    assert layout.run_names(folder) == []
    with pytest.raises(RunDirectoryError):
        layout.find_run("20260102-link", folder)


def test_a_missing_folder_has_no_runs_and_a_file_is_no_folder(tmp_path: Path) -> None:
    assert layout.run_names(tmp_path / "none") == []
    (tmp_path / "file").touch()
    with pytest.raises(RunDirectoryError, match="file: the runs folder cannot be read"):
        layout.run_names(tmp_path / "file")
