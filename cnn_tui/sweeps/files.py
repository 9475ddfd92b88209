"""The folder of a sweep, and its file: what it is asked to do."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from cnn_tui.config import (
    InvalidConfigError,
    apply_settings,
    full_key,
    parse_mapping,
    to_mapping,
)
from cnn_tui.config.problems import problems_of
from cnn_tui.config.study import STUDY_NAME
from cnn_tui.config.values import Count, Part
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.io.files import ensure_directory, read_linked, replace_file
from cnn_tui.io.safe_yaml import MAX_BYTES, Document, dump, load
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.layout import run_names, slug
from cnn_tui.sweeps.choices import Metric, Pruner, Sampler
from cnn_tui.sweeps.plan import Plan, make_plan
from cnn_tui.sweeps.space import (
    space_from_mapping,
    space_to_mapping,
)
from cnn_tui.text import printable

SWEEPS = ".sweeps"
FILE = "sweep.yaml"
JOURNAL = "journal.log"
STOPPED = "stopped"
ENDED = "ended"
_MAX_NAME_LENGTH = 32


class _File(Part):
    """``sweep.yaml``, as a person may write it."""

    format: Literal[1] = 1
    preset: Annotated[str, Field(max_length=4096)] = ""
    config: dict[str, Any] | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    over: dict[str, Any]
    sampler: Sampler = "tpe"
    pruner: Pruner = "none"
    trials: Count | None = None
    seeds: Annotated[int, Field(ge=1, le=1000)] = 1
    metric: Metric | None = None
    data_dir: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFolder:
    """A sweep that was made: ``<runs folder>/.sweeps/<name>``."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the sweep, and of its study."""
        return self.path.name

    @property
    def runs_folder(self) -> Path:
        """Where its runs are."""
        return self.path.parent.parent

    def has(self, mark: str) -> bool:
        """Whether it is STOPPED, or has ENDED: empty files say so."""
        return os.path.lexists(self.path / mark)

    def mark(self, mark: str) -> None:
        """Says that it is so; raises RunDirectoryError."""
        try:
            replace_file(self.path / mark, b"", shared=True)
        except OSError as error:
            raise _cannot("written", self.path / mark, error) from error

    def unmark(self, mark: str) -> None:
        """Says that it is so no longer."""
        (self.path / mark).unlink(missing_ok=True)


def list_sweeps(runs_folder: Path) -> list[SweepFolder]:
    """Returns the sweeps in a runs folder, by name."""
    folder = runs_folder / SWEEPS
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = [SweepFolder(path=folder / it) for it in names if _is_name(it)]
    return [sweep for sweep in found if os.path.isfile(sweep.path / FILE)]


def find_sweep(name: str, runs_folder: Path) -> SweepFolder:
    """Returns a sweep by its name.

    Raises:
        RunDirectoryError: There is none.
    """
    sweeps = list_sweeps(runs_folder)
    for sweep in sweeps:
        if sweep.name == name:
            return sweep
    known = ", ".join(it.name for it in sweeps[:8]) or "none yet"
    raise RunDirectoryError(
        f'no sweep "{printable(name)}" in {printable(runs_folder)}: there are {known}'
    )


def make_sweep(plan: Plan, name: str, runs_folder: Path) -> SweepFolder:
    """Makes the folder of a sweep; its name is ``name``, with -2, -3, … if taken.

    Raises:
        RunDirectoryError: It cannot be written.
    """
    sweep = SweepFolder(path=runs_folder / SWEEPS / _free_name(name, runs_folder))
    try:
        runs_folder.mkdir(parents=True, exist_ok=True)
        ensure_directory(sweep.path.parent)
        sweep.path.mkdir(mode=0o700)
    except OSError as error:
        raise _cannot("made", sweep.path, error) from error
    write_plan(sweep, plan)
    return sweep


def write_plan(sweep: SweepFolder, plan: Plan) -> None:
    """Writes ``sweep.yaml``, every value spelt out; raises RunDirectoryError."""
    mapping = {
        "format": 1,
        "preset": plan.preset,
        "over": space_to_mapping(plan.space),
        **{
            key: getattr(plan, key)
            for key in ("sampler", "pruner", "trials", "seeds", "metric", "data_dir")
        },
        "config": to_mapping(plan.config),
    }
    try:
        replace_file(sweep.path / FILE, dump(mapping).encode(), durable=True)
    except OSError as error:
        raise _cannot("written", sweep.path / FILE, error) from error


def read_plan(path: Path) -> Plan:
    """Reads a ``sweep.yaml``, whoever wrote it.

    Raises:
        ConfigError: naming file, line and key.
    """
    source = printable(path)
    try:
        document = load(read_linked(path, MAX_BYTES), source)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ConfigError(f"{source}: cannot be read: {reason}") from error
    file = _validated(document, source)
    settings = [(full_key(key), value) for key, value in file.set.items()]
    if file.config is not None:
        mapping = apply_settings(file.config, settings)
        config, preset = parse_mapping(mapping, f"{source}, config"), file.preset
    elif file.preset:
        chosen = read_preset(find_preset(file.preset))
        config, preset = chosen.with_settings(settings), chosen.name
    else:
        raise ConfigError(f"{source}: must have a preset, or a config")
    return make_plan(
        preset=preset or path.stem,
        config=config,
        space=space_from_mapping(file.over, source),
        sampler=file.sampler,
        pruner=file.pruner,
        trials=file.trials,
        seeds=file.seeds,
        metric=file.metric,
        data_dir=file.data_dir,
    )


def _validated(document: Document, source: str) -> _File:
    try:
        return _File.model_validate(document.value)
    except ValidationError as error:
        found = problems_of(error, _File)
        raise InvalidConfigError(
            [(f"{source}, line {document.line(it.path)}", it) for it in found]
        ) from error


def _free_name(name: str, runs_folder: Path) -> str:
    """Returns a name that no sweep has, nor had while runs of it are still there."""
    first = slug(name)[: _MAX_NAME_LENGTH - 4].rstrip("-")
    taken = {it.name for it in list_sweeps(runs_folder)}
    old = {match[1] for it in run_names(runs_folder) if (match := _OF_TRIAL.search(it))}
    candidates = (first, *(f"{first}-{number}" for number in range(2, 1000)))
    for candidate in candidates:
        path = runs_folder / SWEEPS / candidate
        if candidate not in taken | old and not os.path.lexists(path):
            return candidate
    raise RunDirectoryError(f"there are too many sweeps called {first}")


def trial_name(sweep: str, trial: int, place: int) -> str:
    """Returns the name of the run of a trial and a seed."""
    return f"{sweep}-t{trial:03}-s{place}"


_OF_TRIAL = re.compile(r"^\d{8}-\d{6}-(.+)-t\d{3,}-s\d+(?:-\d+)?$")


def _is_name(text: str) -> bool:
    return re.fullmatch(STUDY_NAME, text) is not None


def _cannot(done: str, path: Path, error: OSError) -> RunDirectoryError:
    return RunDirectoryError(f"{printable(path)} cannot be {done}: {error.strerror}")
