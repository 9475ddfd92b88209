"""Single values of a config by key: ``--set lr=0.05`` and the fields of the form."""

import copy
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from cnn_tui.config.dataset import Augmentation, DatasetConfig
from cnn_tui.config.models import (
    Loss,
    Optimizer,
    Schedule,
    TrainingConfig,
)
from cnn_tui.config.problems import elsewhere, nearest
from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import parse_value
from cnn_tui.text import printable

_CHOICES = {
    "training.loss": Loss,
    "training.optimizer": Optimizer,
    "training.schedule": Schedule,
}
"""Keys whose other values depend on their ``name``."""

Setting = tuple[str, Any]


def variants(key: str) -> dict[str, type[BaseModel]]:
    """Returns the choices for ``training.optimizer`` and its like, by name."""
    members = get_args(get_args(_CHOICES[key])[0])
    return {get_args(m.model_fields["name"].annotation)[0]: m for m in members}


_NOT_SET_AS_ONE = ("found", "corrected", "augmentation")
"""What the program writes, and what has keys of its own."""


@cache
def known_keys() -> tuple[str, ...]:
    """Returns the full key of every value that can be set."""
    of_data = [n for n in DatasetConfig.model_fields if n not in _NOT_SET_AS_ONE]
    keys = [f"dataset.{name}" for name in of_data]
    keys += [f"dataset.augmentation.{name}" for name in Augmentation.model_fields]
    for name in TrainingConfig.model_fields:
        key = f"training.{name}"
        if key in _CHOICES:
            fields = [f for m in variants(key).values() for f in m.model_fields]
            keys += [f"{key}.{field}" for field in dict.fromkeys(fields)]
        else:
            keys.append(key)
    return ("title", "description", *keys)


def full_key(key: str) -> str:
    """Completes a key: ``lr`` is ``training.optimizer.lr``.

    Raises:
        ConfigError: if no key, or more than one, ends so.
    """
    if key in known_keys() or key.startswith("model.layers."):
        return key
    choices = {name.rpartition(".")[2] for name in _CHOICES}
    if key in choices:
        return f"training.{key}.name"
    if key in _CHOICES:
        return f"{key}.name"
    found = [name for name in known_keys() if name.endswith(f".{key}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"--set {key}: means {' or '.join(found)}; write it out")
    leaf = key.rpartition(".")[2]
    leaves = choices | {name.rpartition(".")[2] for name in known_keys()}
    hint = elsewhere(leaf, known_keys()) or nearest(leaf, leaves)
    raise ConfigError(f"--set {printable(key)}: unknown key; {hint}")


def parse_settings(texts: Iterable[str]) -> list[Setting]:
    """Reads ``KEY=VALUE`` texts; values are YAML.

    Raises:
        ConfigError: for a text without "=" or an unknown key.
    """
    settings = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {printable(text)}: must be KEY=VALUE")
        settings.append((full_key(key.strip()), parse_value(value)))
    return settings


def apply_settings(
    mapping: dict[str, Any], settings: Iterable[Setting]
) -> dict[str, Any]:
    """Returns a copy of a preset's mapping with values replaced.

    ``iterations`` replaces ``epochs`` and the other way round; another optimizer, loss
    or schedule keeps the values that it has in common with the one before.
    """
    result = copy.deepcopy(mapping)
    for key, value in settings:
        _set(result, key.split("."), value, key)
        parent, _, name = key.rpartition(".")
        if parent in _CHOICES and name == "name":
            _keep_known(result["training"], parent, value)
        if key in {"training.iterations", "training.epochs"}:
            other = "epochs" if name == "iterations" else "iterations"
            result["training"].pop(other, None)
    return result


def _keep_known(training: dict[str, Any], choice: str, name: Any) -> None:
    variant = variants(choice).get(name) if isinstance(name, str) else None
    if variant is not None:
        values = training[choice.rpartition(".")[2]]
        for key in values.keys() - variant.model_fields.keys():
            del values[key]


def _set(container: Any, path: Sequence[str], value: Any, key: str) -> None:
    """Walks to the parent of ``path`` and sets its last part."""
    part: str | int = path[0]
    if isinstance(container, list):
        part = _index(path[0], len(container), key)
    elif not isinstance(container, dict):
        raise ConfigError(f"--set {printable(key)}: there is no such key here")
    if len(path) == 1:
        container[part] = value
        return
    child = container[part] if isinstance(part, int) else container.get(part)
    if child is None:
        child = {}
    elif isinstance(child, str):  # the short form of a mapping: "relu", "sgd"
        child = {child: {}} if isinstance(part, int) else {"name": child}
    container[part] = child
    _set(child, path[1:], value, key)


def _index(text: str, length: int, key: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= length:
        raise ConfigError(
            f"--set {printable(key)}: layers are numbered from 1 to {length}"
        )
    return int(text) - 1
