"""The config of a run, as its ``config.yaml`` says."""

from pathlib import Path

from cnn_tui.config import RunConfig, parse_document
from cnn_tui.errors import RunDirectoryError
from cnn_tui.host.process import absolute
from cnn_tui.io.files import read_bounded
from cnn_tui.io.safe_yaml import MAX_BYTES, load
from cnn_tui.runs.layout import CONFIG, CORRECTIONS
from cnn_tui.text import printable


def read_config(run: Path) -> RunConfig:
    """Reads and validates the config of a run; its corrections are its own copy.

    Raises:
        RunDirectoryError: if it cannot be read.
        ConfigError: if it is not valid.
    """
    source = printable(run / CONFIG)
    config = parse_document(load(read_config_text(run).encode(), source), source)
    if config.dataset.corrected is None:
        return config
    dataset = config.dataset.model_copy(
        update={"corrections": str(absolute(run / CORRECTIONS))}
    )
    return config.model_copy(update={"dataset": dataset})


def read_config_text(run: Path) -> str:
    """Returns the config of a run as it is written, unchecked.

    Raises:
        RunDirectoryError: It is missing, too large, or not text.
    """
    path = run / CONFIG
    try:
        return read_bounded(path, MAX_BYTES).decode()
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(path)} cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise RunDirectoryError(f"{printable(path)} is not UTF-8 text") from error
