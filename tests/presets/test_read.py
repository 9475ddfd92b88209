"""Presets are read, changed by settings, and saved."""

import os
from pathlib import Path

import pytest

from cnn_tui.config import layer_table, parse_settings
from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import MAX_BYTES
from cnn_tui.presets.files import BUILTIN_ORDER, PresetFile, find_preset, user_folder
from cnn_tui.presets.read import read_preset, save_preset
from tests.config.mappings import mapping


def refusal(path: Path) -> str:
    """Returns what is said of a file that is no preset."""
    with pytest.raises(ConfigError) as caught:
        read_preset(PresetFile(path=path, builtin=False))
    return str(caught.value)


@pytest.mark.parametrize("name", BUILTIN_ORDER)
def test_a_built_in_preset_is_valid_and_says_what_it_shows(name: str) -> None:
    config = read_preset(find_preset(name)).config
    assert config.title
    assert len(config.description) > 100
    assert config.training.seed == 0


@pytest.mark.parametrize(
    ("name", "shapes", "parameters"),
    [
        ("model-a", [(16, 1, 5, 5), (16,), (32, 16, 5, 5), (32,), (10, 1568)], 28_938),
        ("model-c", [(16, 1, 5, 5), (16,), (32, 16, 5, 5), (32,), (10, 512)], 18_378),
    ],
)
def test_the_lesson_s_models(name: str, shapes: list[object], parameters: int) -> None:
    table = layer_table(read_preset(find_preset(name)).config)
    found = [shape for row in table.rows for shape in row.parameter_shapes]
    assert found == [*shapes, (10,)]
    assert table.parameters == parameters


def test_settings_change_a_copy() -> None:
    preset = read_preset(find_preset("model-a"))
    changed = preset.with_settings(parse_settings(["lr=0.5", "epochs=2"]))
    assert changed.training.optimizer.lr == 0.5
    assert (changed.training.epochs, changed.training.iterations) == (2, None)
    assert preset.config.training.optimizer.lr == 0.01
    assert preset.with_settings([]) is preset.config
    with pytest.raises(ConfigError, match=r"model-a with your settings: training\.se"):
        preset.with_settings(parse_settings(["seed=-1"]))


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.yaml").endswith(
        ": cannot be read: No such file or directory"
    )
    assert refusal(tmp_path).endswith(": cannot be read: not a regular file")
    assert "\\x0a" in refusal(tmp_path / "a\nb.yaml")
    assert refusal(Path("a\0b.yaml")).endswith("not a file name")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "larger than 1,000,000 bytes" in refusal(large)


@pytest.mark.timeout(10)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "not a regular file" in refusal(tmp_path / "pipe.yaml")


def test_a_device_is_not_read() -> None:
    assert "not a regular file" in refusal(Path("/dev/zero"))


def test_a_link_of_ones_own_is_followed_to_a_file(tmp_path: Path) -> None:
    link, loop, pipe = (tmp_path / f"{name}.yaml" for name in ("link", "loop", "pipe"))
    link.symlink_to(find_preset("model-a").path)
    loop.symlink_to(loop)
    os.mkfifo(tmp_path / "target")
    pipe.symlink_to(tmp_path / "target")
    assert read_preset(PresetFile(path=link, builtin=False)).config.title
    assert "Too many levels of symbolic links" in refusal(loop)
    assert "not a regular file" in refusal(pipe)


def test_a_preset_is_saved_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = save_preset("mine", mapping(title="first"))
    assert path == user_folder() / "mine.yaml"
    assert read_preset(find_preset("mine")).mapping == mapping(title="first")
    with pytest.raises(ConfigError, match="exists; choose another name"):
        save_preset("mine", mapping(title="second"))
    assert read_preset(find_preset("mine")).config.title == "first"
    save_preset("mine", mapping(title="second"), overwrite=True)
    assert read_preset(find_preset("mine")).config.title == "second"


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigError, match=r"mine\.yaml: Not a directory"):
        save_preset("mine", mapping())
