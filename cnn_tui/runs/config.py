"""The config of a run, as its ``config.yaml`` says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnn_tui.config import RunConfig, parse_document
from cnn_tui.errors import ForeignRunError, RunDirectoryError
from cnn_tui.host.process import absolute
from cnn_tui.io.files import read_bounded
from cnn_tui.io.safe_yaml import MAX_BYTES, Document, dump, load
from cnn_tui.runs.layout import CONFIG, CORRECTIONS, FORMAT
from cnn_tui.text import printable

_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What ``config.yaml`` says of a run that another program trained."""

    source: Mapping[str, Any]
    """Where it comes from; ``kind`` is the word for that."""
    values: Mapping[str, Any]
    """Hyperparameters, in that program's own names."""

    @property
    def kind(self) -> str:
        """Who wrote it: log, tensorboard, csv, …; to be shown only."""
        return printable(self.source.get("kind", "unknown"))

    def has_no_network(self, run: Path) -> str:
        """Returns why there is nothing of ``run`` but curves, in a sentence."""
        return (
            f"{printable(run.name)} was written by another program ({self.kind}); "
            "there is no network to look into, and nothing to go on with"
        )


def read_config(run: Path) -> RunConfig:
    """Reads and validates the config of a run; its corrections are its own copy.

    Raises:
        ForeignRunError: if another program trained it.
        RunDirectoryError: if it cannot be read.
        ConfigError: if it is not valid.
    """
    document, source = _document(run), printable(run / CONFIG)
    if (foreign := _foreign(document)) is not None:
        raise ForeignRunError(foreign.has_no_network(run))
    config = parse_document(document, source)
    if config.dataset.corrected is None:
        return config
    dataset = config.dataset.model_copy(
        update={"corrections": str(absolute(run / CORRECTIONS))}
    )
    return config.model_copy(update={"dataset": dataset})


def read_foreign(run: Path) -> Foreign | None:
    """Returns what is known of a run of another program; None if it is one of ours.

    Raises:
        RunDirectoryError, ConfigError: if its config cannot be read.
    """
    return _foreign(_document(run))


def foreign_text(foreign: Foreign) -> str:
    """Returns the ``config.yaml`` of a run of another program."""
    source, values = dict(foreign.source), dict(foreign.values)
    return dump({"format": FORMAT, "source": source, "values": values})


def plain(value: Any, depth: int = 0) -> Any:
    """Returns a value as YAML has it; what it has not becomes its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if depth < _MAX_DEPTH and isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return printable(value)


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


def _document(run: Path) -> Document:
    return load(read_config_text(run).encode(), printable(run / CONFIG))


def _foreign(document: Document) -> Foreign | None:
    source, values = (document.value.get(key) for key in ("source", "values"))
    if document.value.get("format") != FORMAT or not isinstance(source, dict):
        return None  # one of ours, or of a format that is refused by its number
    return Foreign(source=source, values=values if isinstance(values, dict) else {})
