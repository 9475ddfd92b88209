"""What is wrong with a config, in sentences that name the file, line and key."""

import difflib
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cnn_tui.errors import ConfigError
from cnn_tui.layers import LAYER_TYPES
from cnn_tui.text import printable

Path = tuple[str | int, ...]

_LAYER_NAMES = {model: name for name, model in LAYER_TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    path: Path
    """Keys and list positions from the top of the file."""
    message: str

    @property
    def key(self) -> str:
        """The path as people write it: ``training.seed``, ``layer 4, conv2d``."""
        if self.path[:2] == ("model", "layers") and len(self.path) > 2:
            return _layer_key(self.path[2:])
        return ".".join(str(part) for part in self.path)

    def __str__(self) -> str:
        return f"{printable(self.key)}: {self.message}" if self.path else self.message


class InvalidConfigError(ConfigError):
    """A config with one or more problems; its text names the first."""

    def __init__(self, problems: Sequence[tuple[str, Problem]]) -> None:
        """Takes (where, problem) pairs; where is the file, and the line if known."""
        self.lines = [f"{where}: {problem}" for where, problem in problems]
        self.problems = [problem for _, problem in problems]
        more = len(self.lines) - 1
        noun = "problem" if more == 1 else "problems"
        super().__init__(self.lines[0] + (f" (and {more} more {noun})" if more else ""))


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Translates pydantic's findings into problems of a config of type ``model``."""
    return [_problem(details, model) for details in error.errors(include_url=False)]


def nearest(word: str, known: Iterable[str]) -> str:
    """Returns a hint naming the known words: "did you mean lr?", or all of them."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=3, cutoff=0.51)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known are {', '.join(choices)}" if choices else "there are none"


def elsewhere(word: str, keys: Iterable[str]) -> str | None:
    """Returns a hint for a key in the wrong place: "did you mean training.seed?"."""
    places = [key for key in dict.fromkeys(keys) if key.rpartition(".")[2] == word]
    return f"did you mean {' or '.join(places)}?" if len(places) in (1, 2) else None


def _keys(model: type[BaseModel], parent: str = "") -> Iterator[str]:
    """Yields the full keys of a config, but those within layers."""
    for name, field in model.model_fields.items():
        yield f"{parent}{name}"
        for part in _models(field.annotation, *field.metadata):
            if part not in _LAYER_NAMES:
                yield from _keys(part, f"{parent}{name}.")


def _layer_key(path: Path) -> str:
    """Numbers layers from 1, as the layer table does: ``layer 4.2, conv2d.padding``."""
    numbers: list[str] = []
    names: list[str] = []
    for part in path:
        if isinstance(part, int) and names in ([], ["residual"]):
            numbers.append(str(part + 1))
            names = []
        elif not (part == "layers" and names == ["residual"]):
            names.append(str(part))
    return ", ".join([f"layer {'.'.join(numbers)}", ".".join(names)]).removesuffix(", ")


def _problem(details: ErrorDetails, model: type[BaseModel]) -> Problem:
    path, known = _walk(model, details["loc"])
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        message = f"unknown key; {_hint(path, known, model)}"
    elif kind == "missing":
        message = "is missing"
    elif kind == "union_tag_invalid":
        word = str(context["tag"])
        expected = context["expected_tags"].replace("'", "").split(", ")
        message = f"unknown name {printable(word)}; {nearest(word, expected)}"
    elif kind in {"layer_form", "unknown_layer", "too_many_layers"}:
        message = _sentence(details["msg"])
    elif kind in {"model_type", "model_attributes_type", "dict_type"}:
        message = _demand("must be a mapping of keys to values", details["input"])
    elif kind == "value_error":
        message = str(context["error"])
        if message.startswith("must be"):
            message = _demand(message, details["input"])
    else:
        message = _demand(_sentence(details["msg"]), details["input"])
    return Problem(path=path, message=message)


def _hint(path: Path, known: list[str], model: type[BaseModel]) -> str:
    """Returns where an unknown key belongs, or the nearest of those known there."""
    word, key = str(path[-1]), ".".join(map(str, path))
    others = (other for other in _keys(model) if other != key)
    return elsewhere(word, others) or nearest(word, known)


def _demand(sentence: str, value: Any) -> str:
    """Says what a value must be, and what it is: where nothing was typed, empty."""
    return (
        f"is empty: {sentence}" if value is None else f"{sentence}, not {shown(value)}"
    )


_WORDING = {
    "Input should be a valid integer": "must be a whole number",
    "Input should be a valid number": "must be a number",
    "Input should be a valid string": "must be text",
    "Input should be a valid boolean": "must be true or false",
    "Input should be a valid list": "must be a list",
    "Input should be a valid tuple": "must be a list",
}


def _sentence(message: str) -> str:
    if message in _WORDING:
        return _WORDING[message]
    sentence = message.replace("Input should be", "must be", 1).replace("'", "")
    return sentence[:1].lower() + sentence[1:]


def shown(value: object) -> str:
    """Returns a value as people write it, in one short line."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else f"a list of {len(value)}"
    if value is None:
        return "null"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return printable(text if len(text) <= 60 else text[:57] + "…")


def _walk(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[Path, list[str]]:
    """Follows ``loc`` through the types.

    Returns the path without the names that pydantic adds for the members of a union,
    and the keys known where it ends.
    """
    candidates, path = [model], list[str | int]()
    known = list(model.model_fields)
    for part in loc:
        tagged = [c for c in candidates if _tag(c) == part]
        if tagged and len(candidates) > 1:
            candidates = tagged
            if part in LAYER_TYPES:  # a key of the file, unlike an optimizer's name
                path.append(part)
        else:
            path.append(part)
            if isinstance(part, str):
                fields = [c.model_fields.get(part) for c in candidates]
                candidates = [
                    m for f in fields if f for m in _models(f.annotation, *f.metadata)
                ] or candidates
        known = [name for c in candidates for name in c.model_fields]
    return tuple(path), known


def _tag(model: type[BaseModel]) -> str | None:
    """Returns the word that chooses this member of a union."""
    if model in _LAYER_NAMES:
        return _LAYER_NAMES[model]
    name = model.model_fields.get("name")
    if name is None or get_origin(name.annotation) is not Literal:
        return None
    return str(get_args(name.annotation)[0])


def _models(*annotations: Any) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        elif get_origin(annotation) in (Annotated, Union, types.UnionType, list, tuple):
            yield from _models(*get_args(annotation))
