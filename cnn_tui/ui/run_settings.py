"""The hyperparameters of a run, beside those of its preset."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cnn_tui.config import (
    InvalidConfigError,
    RunConfig,
    apply_settings,
    full_key,
    to_mapping,
)
from cnn_tui.config.parse import parse_mapping
from cnn_tui.errors import ConfigError
from cnn_tui.io import safe_yaml
from cnn_tui.presets.files import named_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.config import Foreign
from cnn_tui.runs.events import Event, HyperparameterChanged
from cnn_tui.runs.orders import LIVE_NAMES
from cnn_tui.runs.records import Status
from cnn_tui.text import count, printable
from cnn_tui.ui.sentences import value_text

_DECIDED_HERE = frozenset(
    {"device", "threads", "memory_format", "deterministic", "on_non_finite"}
)
"""What the machine or the screen decides where a preset does not."""

_OFF: Mapping[str, Any] = {
    "decay_norms_and_biases": True,
    "drop_last": False,
    "evaluate_flipped": False,
    "gradient_accumulation": 1,
}
"""Values that only count where they are others."""

_LAYERS = "layers"
"""Told only where they are not those of the preset."""

_TOTAL_STEPS = "total_steps"
"""What the length of a run is called in its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One hyperparameter; ``note`` says how it differs from the preset."""

    name: str
    value: str
    note: str = ""


def preset_values(status: Status) -> Mapping[str, Any]:
    """Returns the values of the preset that a run comes from; {} if it is gone."""
    if status.preset is None:
        return {}
    try:
        return values(read_preset(named_preset(status.preset)).config)
    except ConfigError:
        return {}


def values(config: RunConfig) -> dict[str, Any]:
    """Returns the hyperparameters by their leaf names, lr and optimizer first."""
    mapping = to_mapping(config)
    training: dict[str, Any] = mapping["training"]
    optimizer = dict(training.pop("optimizer"))
    found = {"lr": optimizer.pop("lr"), "optimizer": optimizer.pop("name"), **optimizer}
    for key, value in training.items():
        found.update(_flat(key, value))
    for written in ("found", "corrected"):  # no choice of anybody's
        mapping["dataset"].pop(written, None)
    augmentation = mapping["dataset"].pop("augmentation")
    found.update(_flat("dataset", mapping["dataset"]))
    found.update({name: value for name, value in augmentation.items() if value})
    found[_LAYERS] = mapping["model"]["layers"]
    return {name: value for name, value in found.items() if value is not None}


def setting_rows(
    config: RunConfig,
    preset: Mapping[str, Any],
    status: Status,
    events: Iterable[Event],
) -> list[SettingRow]:
    """Returns the hyperparameters as they are now, those that differ first.

    What is off is left out, unless it is on in the preset.
    """
    changed_at = _changed_at(events)
    overrides = dict(status.overrides)
    if status.total_steps and status.total_steps != config.total_steps:
        length, value = _length(config, status.total_steps)
        overrides[length] = value
        changed_at |= {length: changed_at.get(_TOTAL_STEPS, status.step)}
    rows = [
        _row(name, value, preset, overrides, changed_at)
        for name, value in values(config).items()
        if name != _LAYERS
    ]
    if preset and preset.get(_LAYERS) != values(config)[_LAYERS]:
        number, note = len(config.model.layers), "not those of the preset"
        rows.append(SettingRow(name=_LAYERS, value=str(number), note=note))
    rows = [row for row in rows if row.note or not _is_off(row)]
    return sorted(rows, key=lambda row: not row.note)


def foreign_rows(foreign: Foreign, status: Status) -> list[SettingRow]:
    """Returns what another program says of its run, what was changed first."""
    changed = [
        SettingRow(name=printable(name), value=_text(value), note="changed")
        for name, value in status.overrides.items()
    ]
    given = {"from": foreign.kind, **foreign.values}
    rows = [
        SettingRow(name=printable(name), value=_text(value))
        for name, value in given.items()
        if name not in status.overrides
    ]
    return changed + rows


def foreign_live_values(foreign: Foreign, status: Status) -> dict[str, str]:
    """Returns what another trainer lets be changed now, and the value that holds."""
    words = [word.split(" ") for word in status.obeys or []]
    names = [word[1] for word in words if word[0] == "set" and word[1:]]
    known = {**foreign.values, **status.overrides, "lr": status.lr}
    return {
        name: printable("" if known.get(name) is None else known[name])
        for name in names
        if name in LIVE_NAMES
    }


def number_problem(_name: str, text: str) -> str | None:
    """Returns what is wrong with a value for another trainer; None if it will do."""
    value = safe_yaml.parse_value(text)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_number and math.isfinite(value) else "must be a number"


def live_values(config: RunConfig, status: Status) -> dict[str, str]:
    """Returns what can be changed now, and the value that holds."""
    known = values(config) | status.overrides
    if status.lr is not None:
        known["lr"] = status.lr
    return {name: f"{known[name]}" for name in LIVE_NAMES if name in known}


def live_value_problem(config: RunConfig, name: str, text: str) -> str | None:
    """Returns what is wrong with a new value; None if it will do."""
    try:
        setting = (full_key(name), safe_yaml.parse_value(text))
        parse_mapping(apply_settings(to_mapping(config), [setting]))
    except InvalidConfigError as error:
        return error.problems[0].message
    except ConfigError as error:
        return str(error)
    return None


def _length(config: RunConfig, total_steps: int) -> tuple[str, float]:
    """Returns the name and the value of the length in the terms of the config."""
    if config.training.epochs is None:
        return "iterations", total_steps
    return "epochs", total_steps / config.steps_per_epoch


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield key, value
        return
    for name, part in value.items():
        yield (key if name == "name" else name), part


def _row(
    name: str,
    value: Any,
    preset: Mapping[str, Any],
    overrides: Mapping[str, Any],
    changed_at: Mapping[str, int],
) -> SettingRow:
    notes = []
    if preset and name not in _DECIDED_HERE and preset.get(name) != value:
        known = preset.get(name)
        notes.append(
            "not set in the preset" if known is None else f"preset {_text(known)}"
        )
    if name in overrides:
        value = overrides[name]
    if name in changed_at:
        notes.append(f"changed at step {count(changed_at[name])}")
    return SettingRow(name=name, value=_text(value), note=", ".join(notes))


def _is_off(row: SettingRow) -> bool:
    return row.name in _OFF and row.value == _text(_OFF[row.name])


def _text(value: object) -> str:
    """Returns a value in short, but whole numbers to the last digit."""
    return count(value) if type(value) is int else value_text(value)


def _changed_at(events: Iterable[Event]) -> dict[str, int]:
    """Returns the step of the last change of each value."""
    return {
        event.what: event.step
        for event in events
        if isinstance(event, HyperparameterChanged)
    }
