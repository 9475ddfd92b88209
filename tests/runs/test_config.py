"""The config of a run: read back, or refused in a sentence."""

from pathlib import Path

import pytest

from cnn_tui.config import to_yaml
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.config import read_config, read_config_text


def test_a_config_is_read_back(tmp_path: Path) -> None:
    config = read_preset(find_preset("model-a")).config
    (tmp_path / "config.yaml").write_text(to_yaml(config))
    assert read_config(tmp_path) == config
    assert read_config_text(tmp_path) == to_yaml(config)


def test_a_wrong_config_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("format: 1\nmodel: 3\n")
    with pytest.raises(ConfigError, match=r"config\.yaml, line 2: model: must be a"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\xff", "is not UTF-8 text"), (b"#" * 2_000_000, "cannot be read: larger than")],
)
def test_what_is_no_config_at_all_is_refused(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(RunDirectoryError, match=sentence):
        read_config(tmp_path)
