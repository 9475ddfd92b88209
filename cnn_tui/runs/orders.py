"""What a run can be told to do: the commands of the mailbox and their arguments."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from cnn_tui.errors import InputError
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.text import printable

MAX_COUNT = 2**31 - 1
Count = Annotated[int, Meta(ge=1, le=MAX_COUNT)]
LiveValue = Literal[
    "lr", "momentum", "weight_decay", "evaluate_every", "checkpoint_every"
]
LIVE_NAMES: tuple[str, ...] = get_args(LiveValue)
"""What can be changed while a run trains."""


class Order(Struct, frozen=True, tag_field="command", forbid_unknown_fields=True):
    """The base of all orders; ``command`` in the file is the tag of the class."""


class Pause(Order, frozen=True, tag="pause"):
    """Stand still after this update."""


class Resume(Order, frozen=True, tag="resume"):
    """Go on after a pause."""


class StepBatches(Order, frozen=True, tag="step"):
    """Do ``count`` updates from here, then pause."""

    count: Count = 1


class FinishEpoch(Order, frozen=True, tag="epoch"):
    """Go to the end of the epoch, then pause."""


class Evaluate(Order, frozen=True, tag="evaluate"):
    """Evaluate now."""


class SaveCheckpoint(Order, frozen=True, tag="checkpoint"):
    """Save a checkpoint now and keep it."""


class Stop(Order, frozen=True, tag="stop"):
    """End here and keep everything."""


class Detach(Order, frozen=True, tag="detach"):
    """Go on in the background."""


class SetValue(Order, frozen=True, tag="set"):
    """Change a hyperparameter from the next update on."""

    name: LiveValue
    value: float | int | str


class Extend(Order, frozen=True, tag="extend"):
    """Add ``steps`` updates to the total."""

    steps: Count


class RollBack(Order, frozen=True, tag="rollback"):
    """Return to the last good checkpoint with ``lr``; None = a tenth of the rate."""

    lr: Annotated[float, Meta(gt=0)] | None = None


AnyOrder = (
    Pause
    | Resume
    | StepBatches
    | FinishEpoch
    | Evaluate
    | SaveCheckpoint
    | Stop
    | Detach
    | SetValue
    | Extend
    | RollBack
)

COMMANDS: dict[str, type[Order]] = {
    str(order.__struct_config__.tag): order for order in get_args(AnyOrder)
}
TOUCHABLE = frozenset(COMMANDS) - {"set", "extend", "rollback"}
"""Commands that an empty file of that name means as well."""

_UPDATES = "the number of updates", f"a whole number from 1 to {MAX_COUNT:,}"
_ARGUMENTS = {
    "count": _UPDATES,
    "steps": _UPDATES,
    "name": ("the name", f"one of {', '.join(LIVE_NAMES)}"),
    "value": ("the value", "a number, or seconds such as 30s"),
    "lr": ("the learning rate", "a number above 0"),
}
"""What people call the arguments, and what they may be."""
_MAX_SHOWN = 60

_decoder: msgspec.json.Decoder[AnyOrder] = msgspec.json.Decoder(AnyOrder)


def encode(command: str, arguments: Mapping[str, object]) -> bytes:
    """Returns the content of a command file.

    Raises:
        InputError: There is no such command, or an argument is wrong or missing.
    """
    data = msgspec.json.encode({"command": command, **arguments})
    decode(data)
    return data


def decode(data: bytes) -> AnyOrder:
    """Returns the order that a command file holds.

    Raises:
        InputError: It is no JSON, no known command, or has a wrong argument.
    """
    try:
        return _decoder.decode(data)
    except UNREADABLE as error:
        reason = _problem(data) or f"not a command: {printable(error)}"
        raise InputError(reason) from error


def _problem(data: bytes) -> str | None:
    """Says what is wrong with a command that could not be decoded, if it is known."""
    try:
        arguments = msgspec.json.decode(data, type=dict[str, object])
    except UNREADABLE:
        return "not a command: it is no JSON object"
    command = arguments.pop("command", None)
    order = COMMANDS.get(command) if isinstance(command, str) else None
    if order is None:
        return f"unknown command {_shown(command)}: use {', '.join(COMMANDS)}"
    fields = {field.name: field for field in msgspec.structs.fields(order)}
    for name in arguments.keys() - fields.keys():
        return f"{command}: there is no argument {_shown(name)}"
    for name, field in fields.items():
        if problem := _argument_problem(name, field, arguments):
            return f"{command}: {problem}"
    return None


def _argument_problem(
    name: str, field: msgspec.structs.FieldInfo, arguments: Mapping[str, object]
) -> str | None:
    noun, allowed = _ARGUMENTS[name]
    value = arguments.get(name, field.default)
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        if value is None or value is msgspec.NODEFAULT:
            return f"{noun} is missing: it must be {allowed}"
        return f"{noun} must be {allowed}, not {_shown(value)}"
    return None


def _shown(value: object) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
