"""What a sweep is asked to do, and the folder that says so."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError

from cnn_tui.config import (
    InvalidConfigError,
    RunConfig,
    Setting,
    apply_settings,
    full_key,
    parse_mapping,
    to_mapping,
)
from cnn_tui.config.problems import problems_of
from cnn_tui.config.study import STUDY_NAME, Study
from cnn_tui.config.values import Count, Part
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.io.files import ensure_directory, read_linked, replace_file
from cnn_tui.io.safe_yaml import MAX_BYTES, Document, dump, load
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.layout import run_names, slug
from cnn_tui.sweeps.space import (
    Space,
    Value,
    belongs,
    combinations,
    space_from_mapping,
    space_to_mapping,
    telling_values,
)
from cnn_tui.text import printable

SWEEPS = ".sweeps"
FILE = "sweep.yaml"
JOURNAL = "journal.log"
STOPPED = "stopped"
ENDED = "ended"
DEFAULT_TRIALS = 30
_MAX_NAME_LENGTH = 32

Sampler = Literal["grid", "random", "tpe"]
Pruner = Literal["none", "median", "successive_halving"]
Metric = Literal["test/accuracy", "test/loss", "validation/accuracy", "validation/loss"]
SAMPLERS, PRUNERS, METRICS = map(get_args, (Sampler, Pruner, Metric))


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
class Plan:
    """What a sweep is asked to do; ``make_plan`` checks that it can be done."""

    preset: str
    """Shown as what is trained."""
    config: RunConfig
    space: Space
    sampler: Sampler = "tpe"
    pruner: Pruner = "none"
    trials: int
    seeds: int = 1
    metric: Metric
    data_dir: str | None = None

    @property
    def is_maximized(self) -> bool:
        """Whether more of the metric is better."""
        return self.metric.endswith("accuracy")

    def trial_config(
        self, settings: Sequence[Setting], study: Study | None, place: int = 0
    ) -> RunConfig:
        """Returns the config of a run of a trial: that of its seed number ``place``.

        Raises:
            ConfigError: The values do not go together.
        """
        seed = ("training.seed", self.config.training.seed + place)
        mapping = apply_settings(to_mapping(self.config), [*settings, seed])
        config = parse_mapping(mapping, "the trial")
        return config.model_copy(update={"study": study})


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


def make_plan(
    *,
    preset: str,
    config: RunConfig,
    space: Space,
    trials: int | None,
    metric: Metric | None,
    sampler: Sampler = "tpe",
    pruner: Pruner = "none",
    seeds: int = 1,
    data_dir: str | None = None,
) -> Plan:
    """Returns a plan of which each value by itself can be tried.

    Without ``metric`` it is the accuracy of the validation set where there is one, else
    of the test set; without ``trials`` a grid is tried whole.

    Raises:
        ConfigError: naming the key and the value that no trial could have.
    """
    held_out = _holds_out(config)
    metric = metric or ("validation/accuracy" if held_out else "test/accuracy")
    if metric.startswith("validation") and not held_out:
        raise ConfigError(
            f"the metric {metric} needs images that are held out: "
            "set validation_images above 0, or take test/accuracy"
        )
    if sampler == "grid":
        whole = len(combinations(space))
        trials = min(trials or whole, whole)
    plan = Plan(
        preset=preset,
        config=config,
        space=space,
        sampler=sampler,
        pruner=pruner,
        trials=trials or DEFAULT_TRIALS,
        seeds=seeds,
        metric=metric,
        data_dir=data_dir,
    )
    _check_values(plan)
    return plan


def _holds_out(config: RunConfig) -> bool:
    dataset = config.dataset
    return dataset.validation_images > 0 or bool(dataset.validation_fraction)


def _check_values(plan: Plan) -> None:
    """Tries each value of each key: by itself, else with one of another key."""
    for key, dimension in plan.space.items():
        choice = f"{key.rpartition('.')[0]}.name"
        words = telling_values(plan.space[choice]) if choice in plan.space else ()
        if (
            choice != key
            and words
            and not any(belongs(key, {choice: w}) for w in words)
        ):
            raise ConfigError(
                f"--over {key}: none of {', '.join(map(str, words))} has this key"
            )
        for value in telling_values(dimension):
            _check_value(plan, key, value)


def _check_value(plan: Plan, key: str, value: Value) -> None:
    alone = [(key, value)]
    beside = (
        [(other, chosen), *alone]
        for other in plan.space
        if other != key
        for chosen in telling_values(plan.space[other])
        if belongs(key, {other: chosen})
    )
    if (first := _problem(plan, alone)) and all(_problem(plan, it) for it in beside):
        raise ConfigError(f"--over {printable(f'{key}={value}')}: {first}")


def _problem(plan: Plan, settings: Sequence[Setting]) -> str | None:
    try:
        plan.trial_config(settings, None)
    except ConfigError as error:
        return str(error).removeprefix("the trial: ")
    return None


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
