"""From the texts of the form's fields to values of a config, and back."""

import json
from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cnn_tui.config import variants
from cnn_tui.config.dataset import Augmentation, DatasetConfig
from cnn_tui.config.models import TrainingConfig
from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import parse_value
from cnn_tui.ui.form_fields import VARIANT_KEYS, WORDS_FOR_NONE


def choices(key: str) -> tuple[str, ...]:
    """Returns the values of a field that has few of them; none if it takes any text."""
    part, leaf = split(key)
    if part in VARIANT_KEYS and leaf == "name":
        return tuple(variants(part))
    annotation = _info(key).annotation
    kinds = [k for k in get_args(annotation) or [annotation] if k is not NoneType]
    auto = [word] if (word := WORDS_FOR_NONE.get(key)) else []
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if kinds == [bool]:
        return (*auto, "false", "true")
    return (*auto, *get_args(kinds[0])) if get_origin(kinds[0]) is Literal else ()


def find_value(mapping: dict[str, Any], key: str, names: Mapping[str, str]) -> Any:
    """Returns a value of a mapping, or its default."""
    part, leaf = split(key)
    for step in part.split("."):
        mapping = mapping.get(step) or {}
    if leaf in mapping:
        return mapping[leaf]
    info = _info(key, names.get(part))
    return "" if info.is_required() else info.default


def text_of(key: str, value: object) -> str:
    """Returns what stands in a field for a value."""
    if value is None:
        return WORDS_FOR_NONE.get(key, "")
    if isinstance(value, str):
        return value
    return json.dumps(value).removesuffix(".0")


def value_of(key: str, text: str) -> object:
    """Returns what a text means, unchecked."""
    text = text.strip()
    if text == WORDS_FOR_NONE.get(key):
        return None
    try:
        return parse_value(text)
    except ConfigError:  # brackets within brackets: no field takes that
        return text


def split(key: str) -> tuple[str, str]:
    """Returns the part of a config and the name in it."""
    part, _, leaf = key.rpartition(".")
    return part, leaf


def _info(key: str, name: str | None = None) -> FieldInfo:
    """Returns the definition of a field, for one or for any optimizer and its like."""
    part, leaf = split(key)
    if part not in VARIANT_KEYS:
        parts: dict[str, type[BaseModel]] = {
            "dataset": DatasetConfig,
            "dataset.augmentation": Augmentation,
        }
        return parts.get(part, TrainingConfig).model_fields[leaf]
    models = [variants(part)[name]] if name else variants(part).values()
    return next(m.model_fields[leaf] for m in models if leaf in m.model_fields)
