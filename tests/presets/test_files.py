"""Where presets are found."""

import os
from pathlib import Path

import pytest

from cnn_tui.errors import ConfigError
from cnn_tui.presets.files import (
    BUILTIN_ORDER,
    builtin_folder,
    find_preset,
    list_presets,
    user_folder,
)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Works in an empty folder, with an empty folder of the user's own presets."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def put(path: Path) -> Path:
    """Makes a file, and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def names() -> list[str]:
    """Returns the names of the presets listed beside the built-in ones."""
    return [preset.name for preset in list_presets() if not preset.builtin]


def test_the_built_in_presets_are_in_the_lesson_s_order() -> None:
    assert [preset.name for preset in list_presets()] == list(BUILTIN_ORDER)
    assert all(preset.builtin for preset in list_presets())


def test_the_user_s_own_follow_those_of_this_folder_first() -> None:
    put(user_folder() / "mine.yaml")
    put(Path("presets/here.yml"))
    put(Path("presets/notes.txt"))
    Path("presets/folder.yaml").mkdir()
    os.mkfifo("presets/pipe.yaml")
    Path("presets/zero.yaml").symlink_to("/dev/zero")
    Path("presets/loop.yaml").symlink_to("loop.yaml")
    assert names() == ["here", "mine"]


def test_a_file_is_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(builtin_folder().parent)
    if Path("presets").resolve() != builtin_folder().resolve():
        pytest.skip("the presets are not those of a checkout")
    assert names() == []


def test_a_bare_name_is_the_built_in_preset() -> None:
    own = put(user_folder() / "model-a.yaml")
    assert find_preset("model-a").builtin
    assert find_preset(str(own)).path == own
    put(user_folder() / "mine.yaml")
    assert find_preset("mine").path == user_folder() / "mine.yaml"


@pytest.mark.parametrize("text", ["x.yaml", "a/x", "./x", "/x"])
def test_what_looks_like_a_path_is_one(text: str) -> None:
    assert find_preset(text).path == Path(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model-x", "no preset model-x; did you mean model-"),
        ("qqq", "no preset qqq; there are model-a, model-b, model-c, "),
        ("", "no preset ; "),
        ("\x1b[2J", r"no preset \x1b[2J; there are model-a"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_preset(text)
    assert str(caught.value).startswith(sentence)
