"""Reading, validating and saving presets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnn_tui.config import RunConfig, Setting, apply_settings, parse_document
from cnn_tui.config.parse import parse_mapping
from cnn_tui.errors import ConfigError
from cnn_tui.io.files import read_linked, replace_file
from cnn_tui.io.safe_yaml import MAX_BYTES, Document, dump, load
from cnn_tui.presets.files import PresetFile, preset_path
from cnn_tui.presets.rewrite import rewritten
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A valid preset: as written, and as understood."""

    file: PresetFile
    mapping: dict[str, Any]
    config: RunConfig

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.file.name

    def with_settings(self, settings: list[Setting]) -> RunConfig:
        """Returns the config with single values replaced.

        Raises:
            ConfigError: if the result is not valid.
        """
        if not settings:
            return self.config
        mapping = apply_settings(self.mapping, settings)
        return parse_mapping(mapping, f"{printable(self.name)} with your settings")


def read_preset(file: PresetFile) -> Preset:
    """Reads and validates a preset.

    Raises:
        ConfigError: naming the file, and line and key where there are any.
    """
    document = read_document(file.path)
    config = parse_document(document, printable(file.path))
    # The config of a fork or a trial begins anew here: it is a preset like any other.
    of_one_run = {"lineage": None, "study": None}
    mapping = {k: value for k, value in document.value.items() if k not in of_one_run}
    config = config.model_copy(update=of_one_run)
    return Preset(file=file, mapping=mapping, config=config)


def read_document(path: Path) -> Document:
    """Reads a YAML file of the size that a preset may have.

    Raises:
        ConfigError: if there is no such regular file, or it is no plain mapping.
    """
    try:
        data = read_linked(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ConfigError(f"{printable(path)}: cannot be read: {reason}") from error
    return load(data, printable(path))


def save_preset(
    name: str,
    mapping: dict[str, Any],
    *,
    overwrite: bool = False,
    like: Path | None = None,
) -> Path:
    """Saves a mapping as a preset of the user's own; returns the file's path.

    It keeps the layout and the comments of ``like`` where that says the same.

    Raises:
        ConfigError: if the name is taken and ``overwrite`` is not set, or the folder
            cannot be written.
    """
    path, text = preset_path(name), _text_like(like, mapping)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not overwrite:
            raise ConfigError(f"{printable(path)} exists; choose another name")
        replace_file(path, text.encode(), shared=True)
    except OSError as error:
        raise ConfigError(f"{printable(path)}: {error.strerror}") from error
    return path


def _text_like(like: Path | None, mapping: dict[str, Any]) -> str:
    if like is None:
        return dump(mapping)
    try:
        return rewritten(read_linked(like, MAX_BYTES), mapping)
    except (OSError, ValueError):  # deleted meanwhile
        return dump(mapping)
