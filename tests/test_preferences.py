"""The file of preferences: what counts before what, and what a slip in it does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_tui.preferences import Preferences, preferences_path, read_preferences
from tests.cli.commands import SMALL, invoke, preset


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place of the file, in an empty folder that is worked in, too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CNN_TUI_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    preferences_path().parent.mkdir(parents=True)
    read_preferences.cache_clear()
    yield preferences_path()
    read_preferences.cache_clear()


def test_without_a_file_all_is_built_in(file: Path) -> None:
    found = read_preferences(file)
    assert (found.preferences, found.problems) == (Preferences(), ())


def test_a_wrong_key_is_named_and_the_others_count(file: Path) -> None:
    file.write_text("theme: nord\nmarker: brail\nbell: true\nkeys: {pause: p}\n")
    found = read_preferences(file)
    assert (found.preferences.theme, found.preferences.marker) == ("nord", "auto")
    assert found.preferences.keys == {"pause": "p"}
    first, second = found.problems
    assert "line 2: marker: must be one of auto, braille, dot, ascii" in first
    assert "line 3: bell: unknown key; known are theme" in second


@pytest.mark.parametrize(
    "content", [b"- 1\n", b"\xff\xfe", b"a: [", b"a: &x 1\nb: *x\n", b"x" * 200_000]
)
def test_a_file_that_is_none_keeps_nobody_from_anything(
    file: Path, content: bytes
) -> None:
    file.write_bytes(content)
    found = read_preferences(file)
    assert found.preferences == Preferences()
    [problem] = found.problems
    assert "config.yaml" in problem
    read_preferences.cache_clear()
    result = invoke("presets")
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1


def test_a_pipe_in_its_place_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    assert len(read_preferences(file).problems) == 1


def test_the_command_line_counts_before_the_environment_before_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(f"runs_dir: {tmp_path / 'from-file'}\n")
    mine = preset(tmp_path, SMALL, "small")
    assert invoke("train", mine).exit_code == 0
    monkeypatch.setenv("CNN_TUI_RUNS", str(tmp_path / "from-environment"))
    assert invoke("train", mine).exit_code == 0
    option = tmp_path / "from-option"
    assert invoke("train", mine, "--runs-dir", option).exit_code == 0
    for name in ("file", "environment", "option"):
        assert len(list((tmp_path / f"from-{name}").iterdir())) == 1


def test_config_says_where_each_value_comes_from(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("theme: nord\nnotices: {desktop: osc9}\n")
    monkeypatch.setenv("CNN_TUI_DATA", "/there")
    lines = [line.split() for line in invoke("config").stdout.splitlines()]
    assert lines[0] == [str(file)]
    rows = {line[0]: line[1:] for line in lines[2:]}
    assert rows["theme"] == ["nord", "file"]
    assert rows["data_dir"] == ["/there", "$CNN_TUI_DATA"]
    assert rows["marker"][:3] == ["auto", "built", "in"]
    assert rows["notices.desktop"][:2] == ["osc9", "file"]
    assert "pause" in invoke("config", "--keys").stdout
