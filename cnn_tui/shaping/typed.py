"""The parameters of a layer as one line of text, and back."""

import json
import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from cnn_tui.errors import ConfigError
from cnn_tui.io.safe_yaml import parse_value
from cnn_tui.layers import LAYER_TYPES
from cnn_tui.shaping.edit import Item, make_item, name_of, parameters_of
from cnn_tui.shaping.kinds import parameter_names

_PAIR = re.compile(r"(\d{1,9})[×x](\d{1,9})")
_TOKEN = re.compile(r"\[[^\]]*\]?|[^\s=:,\[\]]+")


def write(item: Item) -> str:
    """Returns the parameters that are given: "out_channels 16  kernel_size 3×5"."""
    given = parameters_of(item).items()
    return "  ".join(f"{key} {_text(value)}" for key, value in given)


def read_line(name: str, text: str) -> Item:
    """Returns the layer that a line means, unchecked.

    A name may be cut short, ``k 3``, and left out where the value is a number: then it
    is the next parameter that is not given.
    """
    given: dict[str, Any] = {}
    tokens = iter(_TOKEN.findall(text))
    for token in tokens:
        left = [key for key in parameter_names(name) if key not in given]
        if token[0] in "[0123456789" and left:
            given[left[0]] = _value(token)
        else:
            given[_completed(token, left)] = _value(next(tokens, ""))
    return make_item(name, given)


def completion(name: str, text: str) -> str:
    """Returns the text with its last word completed, or as it is."""
    last = re.split(r"[\s=:,]", text)[-1]
    if not last:
        return text
    before = _TOKEN.findall(text.removesuffix(last))
    known = [key for key in parameter_names(name) if key not in before]
    if before and before[-1] in parameter_names(name):
        known = _words(name, before[-1])
    found = next((word for word in known if word.startswith(last)), last)
    return text.removesuffix(last) + found


def others(item: Item) -> str:
    """Returns the parameters that are not given, with their defaults; ? is missing."""
    name, given = name_of(item), parameters_of(item)
    fields = LAYER_TYPES[name].model_fields if parameter_names(name) else {}
    return " · ".join(
        f"{key} {'?' if field.is_required() else _text(field.default)}"
        for key, field in fields.items()
        if key not in given
    )


def _completed(word: str, known: Iterable[str]) -> str:
    return next((key for key in known if key.startswith(word)), word)


def _value(token: str) -> object:
    """Returns what a text means; no text means null."""
    if pair := _PAIR.fullmatch(token):
        return [int(size) for size in pair.groups()]
    try:
        return parse_value(token)
    except ConfigError:  # brackets within brackets: no parameter takes that
        return token


def _text(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) == 2:
        height, width = value
        return f"{height}" if height == width else f"{height}×{width}"
    return value if isinstance(value, str) else json.dumps(value)


def _words(name: str, key: str) -> list[str]:
    """Returns the words that a parameter may be."""
    annotation = LAYER_TYPES[name].model_fields[key].annotation
    kinds = [annotation, *get_args(annotation)]
    words = [w for kind in kinds if get_origin(kind) is Literal for w in get_args(kind)]
    return [*words, *(["false", "true"] if bool in kinds else [])]
