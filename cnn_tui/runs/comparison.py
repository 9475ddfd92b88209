"""What runs differ in: their configs, what they ran on, what came of it."""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_uppercase
from typing import Any, Literal, get_args

from cnn_tui.config import layer_table
from cnn_tui.errors import CnnTuiError, RunDirectoryError
from cnn_tui.io.files import read_bounded
from cnn_tui.io.safe_yaml import load
from cnn_tui.runs.config import read_config, read_config_text
from cnn_tui.runs.config_values import (
    Scalar,
    all_but_seed,
    read_config_values,
    scalar,
)
from cnn_tui.runs.layout import CONFIG, ENVIRONMENT
from cnn_tui.runs.records import UNREADABLE, Status
from cnn_tui.runs.status import read_status
from cnn_tui.text import count, duration, percent, printable, quantity, significant

MAX_RUNS = 12
Part = Literal["config", "environment", "results"]
Over = Literal["step", "epoch", "time", "images"]
OVER: tuple[Over, ...] = get_args(Over)
"""What the x axis of a comparison can be."""
LETTERS = ascii_uppercase[:MAX_RUNS]
"""What runs are called in charts and tables."""

_MAX_ENVIRONMENT_BYTES = 2**20
_MAX_DEPTH = 50
_LAYERS = "model.layers"
_NOT_COMPARED = ("format", "title", "description", "lineage.changed", "lineage.group")
_NOT_OF_THE_MACHINE = ("command_line",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run, by full keys; what cannot be read is not there."""

    run: Path
    config: Mapping[str, Scalar] = field(default_factory=dict)
    environment: Mapping[str, Scalar] = field(default_factory=dict)
    parameters: int | None = None
    images_per_epoch: int | None = None
    seed_group: Hashable = None
    """Equal for runs whose configs are the same but for the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not the same for all runs."""

    part: Part
    key: str
    values: tuple[Scalar, ...]
    """One for each run; None is unknown, or not there."""
    best: frozenset[int] = frozenset()
    """The places of the runs that are better than others; empty: none is better."""

    @property
    def name(self) -> str:
        """The key in short: what it is a part of is said beside it."""
        return printable(self.key.removeprefix("training.").removeprefix("model."))

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as they are shown."""
        result = RESULTS.get(self.key) if self.part == "results" else None
        show = result.text if result else value_text
        return tuple("–" if each is None else show(each) for each in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Something that came of a run."""

    read: Callable[[Status, RunFacts], Scalar]
    text: Callable[[Any], str]
    better: Literal["high", "low"] | None = None


def value_text(value: Scalar) -> str:
    """Returns a value of a config or an environment in one line, never rounded."""
    if isinstance(value, bool):
        return str(value).lower()
    return count(value) if isinstance(value, int) else printable(value)


RESULTS: Mapping[str, Result] = {
    "state": Result(read=lambda it, _: it.state, text=printable),
    "updates": Result(read=lambda it, _: it.step, text=count),
    "best accuracy": Result(
        read=lambda it, _: it.best.accuracy if it.best else None,
        text=percent,
        better="high",
    ),
    "best at": Result(read=lambda it, _: it.best.step if it.best else None, text=count),
    "test accuracy": Result(
        read=lambda it, _: it.test_accuracy, text=percent, better="high"
    ),
    "test loss": Result(
        read=lambda it, _: it.test_loss, text=significant, better="low"
    ),
    "validation accuracy": Result(
        read=lambda it, _: it.validation_accuracy, text=percent, better="high"
    ),
    "validation loss": Result(
        read=lambda it, _: it.validation_loss, text=significant, better="low"
    ),
    "train loss": Result(
        read=lambda it, _: it.train_loss, text=significant, better="low"
    ),
    "training time": Result(
        read=lambda it, _: it.training_seconds, text=duration, better="low"
    ),
    "images/s": Result(
        read=lambda it, _: it.images_per_second, text=quantity, better="high"
    ),
    "parameters": Result(read=lambda _, facts: facts.parameters, text=count),
}
"""In the order of the table. The last values are told beside the best ones."""


def read_facts(run: Path) -> RunFacts:
    """Returns what does not change while a run trains, as far as it can be read."""
    try:
        config = load(read_config_text(run).encode(), CONFIG).value
    except CnnTuiError:
        config = {}
    parameters, images = _counted(run)
    return RunFacts(
        run=run,
        config=_flat(config, _NOT_COMPARED),
        environment=_flat(_environment(run), _NOT_OF_THE_MACHINE),
        parameters=parameters,
        images_per_epoch=images,
        seed_group=all_but_seed(read_config_values(run)),
    )


def status_of(run: Path) -> Status | None:
    """Returns the status of a run; None where it cannot be read."""
    try:
        return read_status(run)
    except RunDirectoryError:
        return None


def differences(
    runs: Sequence[RunFacts], statuses: Sequence[Status | None]
) -> list[Difference]:
    """Returns what is not the same for all of the runs, by part.

    Values that were changed while a run trained stand behind those of its config.
    """
    configs = [_in_force(*pair) for pair in zip(runs, statuses, strict=True)]
    environments = [run.environment for run in runs]
    found = [*_unequal("config", configs), *_unequal("environment", environments)]
    keys = {difference.key for difference in found}
    if _LAYERS in keys:  # their numbers mean other layers
        found = [it for it in found if not it.key.startswith(f"{_LAYERS}.")]
    return [*found, *_results(runs, statuses)]


def seed_groups(runs: Sequence[RunFacts]) -> list[tuple[int, ...]]:
    """Returns the places of runs whose configs are the same but for the seed.

    A run that has no such other, or no config, is in no group.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, run in enumerate(runs):
        if run.seed_group is not None:
            groups.setdefault(run.seed_group, []).append(place)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _counted(run: Path) -> tuple[int | None, int | None]:
    """Returns the parameters and the images of an epoch; None where unknown."""
    try:
        config = read_config(run)
        return layer_table(config).parameters, config.dataset.images_trained_on
    except CnnTuiError:
        return None, None


def _environment(run: Path) -> Any:
    try:
        return json.loads(read_bounded(run / ENVIRONMENT, _MAX_ENVIRONMENT_BYTES))
    except (OSError, *UNREADABLE):
        return {}


def _flat(mapping: object, left_out: tuple[str, ...]) -> dict[str, Scalar]:
    return {
        key: value
        for key, value in _leaves(mapping, "")
        if not any(key == name or key.startswith(f"{name}.") for name in left_out)
    }


def _leaves(value: object, key: str) -> Iterator[tuple[str, Scalar]]:
    """Yields what is not a mapping or a list, by full keys; items count from 1."""
    children: list[tuple[Any, Any]] = []
    if key.count(".") > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value, start=1))
        if key == _LAYERS:
            yield key, f"{count(len(value))} layers"
    else:
        yield key, scalar(value)
    for name, child in children:
        yield from _leaves(child, f"{key}.{name}" if key else str(name))


def _in_force(run: RunFacts, status: Status | None) -> dict[str, Scalar]:
    """Returns the config, with what was changed live behind what was there before."""
    values = dict(run.config)
    overrides = status.overrides if status else {}
    for key, value in run.config.items():
        name = key.rpartition(".")[2]
        if key.startswith("training.") and name in overrides:
            new = value_text(scalar(overrides[name]))
            values[key] = f"{value_text(value)} → {new}"
    return values


def _unequal(
    part: Part, mappings: Sequence[Mapping[str, Scalar]]
) -> Iterator[Difference]:
    for key in dict.fromkeys(key for mapping in mappings for key in mapping):
        values = tuple(mapping.get(key) for mapping in mappings)
        if not _are_same(values):
            yield Difference(part=part, key=key, values=values)


def _results(
    runs: Sequence[RunFacts], statuses: Sequence[Status | None]
) -> Iterator[Difference]:
    pairs = list(zip(statuses, runs, strict=True))
    for key, result in RESULTS.items():
        values = tuple(
            None if status is None else result.read(status, run)
            for status, run in pairs
        )
        if not _are_same(values):
            best = _best(values, result.better)
            yield Difference(part="results", key=key, values=values, best=best)


def _best(
    values: Sequence[Scalar], better: Literal["high", "low"] | None
) -> frozenset[int]:
    numbers = [it for it in values if isinstance(it, int | float)]
    if better is None or len(numbers) < 2:
        return frozenset()
    best = max(numbers) if better == "high" else min(numbers)
    return frozenset(place for place, value in enumerate(values) if value == best)


def _are_same(values: Sequence[Scalar]) -> bool:
    return len({(type(value), repr(value)) for value in values}) < 2
