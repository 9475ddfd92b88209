"""The values of many configs, whoever wrote them, in little memory."""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from cnn_tui.errors import CnnTuiError
from cnn_tui.io.safe_yaml import load
from cnn_tui.runs.config import read_config_text

Scalar = str | int | float | bool | None

_MAX_KEYS = 300
_MAX_KEY_LENGTH = 100
_MAX_TEXT_LENGTH = 200
_LAYERS = "model"
"""Kept as a digest: runs with the same layers have the same."""
_NOT_FLAT = frozenset({"dataset.found", "dataset.corrected", "lineage.changed"})
"""Parts that are no values to compare runs by."""
_NOT_OF_SEED_GROUPS = ("training.seed", "title", "description", "lineage.", "study.")
"""What runs that repeat each other with other seeds may differ in."""


class ConfigValues(NamedTuple):
    """The values of a config by their full keys; runs with the same keys share them."""

    keys: str = ""
    """One a line."""
    values: tuple[Scalar, ...] = ()

    def value(self, key: str) -> Scalar:
        """Returns the value of a full key, None where there is none."""
        place = _places(self.keys).get(key, len(self.values))
        return self.values[place] if place < len(self.values) else None

    def without(self, beginnings: tuple[str, ...]) -> tuple[Scalar, ...]:
        """Returns the values but those whose keys begin so; equal keys, equal order."""
        kept = _kept(self.keys, beginnings)
        return (
            self.keys,
            *(self.values[place] for place in kept if place < len(self.values)),
        )


def read_config_values(run: Path) -> ConfigValues:
    """Returns the values of a run's config; of one that cannot be read, none."""
    try:
        document = load(read_config_text(run).encode(), "config")
    except CnnTuiError:
        return ConfigValues()
    flat = dict(_flat(document.value, ""))
    keys = sys.intern("\n".join(flat))
    return ConfigValues(keys, tuple(flat.values()))


def all_but_seed(values: ConfigValues) -> tuple[Scalar, ...] | None:
    """Returns what is equal for runs that differ in the seed alone; None if unknown."""
    return values.without(_NOT_OF_SEED_GROUPS) if values.keys else None


def shared(values: ConfigValues) -> ConfigValues:
    """Returns the same, its texts shared with those of other runs."""
    found = [sys.intern(v) if isinstance(v, str) else v for v in values.values]
    return ConfigValues(sys.intern(values.keys), tuple(found))


def _flat(mapping: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Scalar]]:
    """Yields full keys and values, at most so many, of at most such a length."""
    found: list[tuple[str, Scalar]] = []
    for key, value in mapping.items():
        full = f"{prefix}{key}"
        if full in _NOT_FLAT or len(full) > _MAX_KEY_LENGTH or "\n" in full:
            continue
        if full == _LAYERS:
            digest = hashlib.sha256(repr(value).encode(errors="replace")).hexdigest()
            found.append((full, sys.intern(digest[:12])))
        elif isinstance(value, dict):
            found += _flat(value, f"{full}.")
        else:
            found.append((full, scalar(value)))
    return iter(found[:_MAX_KEYS])


def scalar(value: object) -> Scalar:
    """Returns a value of YAML or JSON as one that is safe to keep and to show."""
    if isinstance(value, list):
        value = ", ".join(str(scalar(item)) for item in value[:20])
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if abs(value) < 2**53:
            return value
        value = hex(value)  # Python refuses to write very many decimal digits
    return sys.intern(str(value)[:_MAX_TEXT_LENGTH])


@lru_cache(maxsize=1000)
def _kept(keys: str, beginnings: tuple[str, ...]) -> tuple[int, ...]:
    found = _places(keys).items()
    return tuple(place for key, place in found if not key.startswith(beginnings))


@lru_cache(maxsize=1000)
def _places(keys: str) -> dict[str, int]:
    return {key: place for place, key in enumerate(keys.split("\n"))} if keys else {}
