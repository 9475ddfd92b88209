"""Where presets are: the built-in ones, ./presets, the user's folder, any path."""

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from cnn_tui.errors import ConfigError
from cnn_tui.text import printable

BUILTIN_ORDER = (
    "model-a",
    "model-b",
    "model-c",
    "model-c-avg",
    "fast",
    "deeper",
    "gentler",
    "wider-head",
    "feedforward",
    "logistic",
    "mnist-tiny",
    "mnist-best",
    "fashion",
    "cifar10-fast",
    "cifar10-resnet",
)
"""From the lesson's first model to its variations, then recipes; others by name."""
SUFFIXES = (".yaml", ".yml")
LOCAL_FOLDER = Path("presets")
"""Beside the work at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFile:
    """A file that may hold a preset; it was not read."""

    path: Path
    builtin: bool

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self.path.stem


def builtin_folder() -> Path:
    """Returns the presets of the installed package, or those of the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "builtin_presets"
    return installed if installed.is_dir() else package.parent / "presets"


def user_folder() -> Path:
    """Returns the folder that the user's own presets are saved in."""
    return user_config_path("cnn-tui") / "presets"


def preset_path(name: str) -> Path:
    """Returns the file that a preset of the user's own is saved in."""
    return user_folder() / f"{name}.yaml"


def list_presets() -> list[PresetFile]:
    """Returns the built-in presets, then the user's own; each file once."""
    builtin = [PresetFile(path=p, builtin=True) for p in _files(builtin_folder())]
    rank = {name: place for place, name in enumerate(BUILTIN_ORDER)}
    builtin.sort(key=lambda file: (rank.get(file.name, len(rank)), file.name))
    seen = {os.path.realpath(file.path) for file in builtin}
    own = []
    for folder in (LOCAL_FOLDER, user_folder()):
        for path in _files(folder):
            if (target := os.path.realpath(path)) not in seen:
                seen.add(target)
                own.append(PresetFile(path=path, builtin=False))
    return builtin + own


def find_preset(text: str) -> PresetFile:
    """Finds a preset by name or path.

    A bare name means the built-in preset, then one of the user's own.

    Raises:
        ConfigError: naming the nearest names if there is none.
    """
    path = Path(text)
    if path.suffix in SUFFIXES or os.sep in text:
        return PresetFile(path=path, builtin=path.parent == builtin_folder())
    return named_preset(text)


def named_preset(name: str) -> PresetFile:
    """Finds a preset by its bare name; whatever a file says, no path is followed.

    Raises:
        ConfigError: naming the nearest names if there is none.
    """
    presets = list_presets()
    for preset in presets:
        if preset.name == name:
            return preset
    raise ConfigError(f"no preset {printable(name)}; {_hint(name, presets)}")


def _files(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    # Unlike Path.is_file, os.path.isfile never raises.
    yield from (p for p in paths if p.suffix in SUFFIXES and os.path.isfile(p))


def _hint(text: str, presets: list[PresetFile]) -> str:
    names = list(dict.fromkeys(preset.name for preset in presets))
    close = difflib.get_close_matches(text, names, n=3, cutoff=0.5)
    if close:
        return f"did you mean {printable(' or '.join(close))}?"
    return f"there are {printable(', '.join(names))}, and paths of your own"
