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
    assert (first[-22:], second[-4:]) == ("; its default is taken", "keys")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("notices: {bell: 1}", "bell: must be true or false, not 1"),
        ("notices: {sound: 1}", "sound: unknown key; known are bell, desktop, on_end"),
        ("notices: 3", "notices: must be a mapping, such as {bell: true}, not 3"),
        ("notices: {on_end: 'say \"x'}", "on_end: must be a command with whole quot"),
        ("runs_dir: 7", "runs_dir: must be text, not 7"),
        ("keys: p", "keys: must be keys by the names of actions, such as {pause: p}"),
    ],
)
def test_what_a_value_may_be_is_said_in_words(file: Path, line: str, said: str) -> None:
    file.write_text(line)
    [problem] = read_preferences(file).problems
    assert said in problem


@pytest.mark.parametrize("content", ["", "# theme: nord\n\n"])
def test_a_file_that_was_only_begun_is_nothing_wrong(
    file: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(content)
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("VISUAL", "true")
    assert invoke("config", "--edit").stderr == ""
    assert invoke("presets").stderr == ""


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
