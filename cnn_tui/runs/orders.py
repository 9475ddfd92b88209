"""What a run can be told to do: the commands of the mailbox and their arguments."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from cnn_tui.errors import InputError
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.text import printable

MAX_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Called:
    """What people call an argument, and what it may be."""

    word: str
    """In the syntax of a command line."""
    noun: str
    allowed: str


Count = Annotated[
    int,
    Meta(ge=1, le=MAX_COUNT),
    Called("COUNT", "the number of updates", f"a whole number from 1 to {MAX_COUNT:,}"),
]
LiveValue = Literal[
    "lr", "momentum", "weight_decay", "evaluate_every", "checkpoint_every"
]
LIVE_NAMES: tuple[str, ...] = get_args(LiveValue)
"""What can be changed while a run trains."""


class Order(Struct, frozen=True, tag_field="command", forbid_unknown_fields=True):
    """The base of all orders; ``command`` in the file is the tag of the class.

    Its fields are the arguments: those without a default are required, and each says
    what it is called.
    """


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

    name: Annotated[
        LiveValue, Called("NAME", "the name", f"one of {', '.join(LIVE_NAMES)}")
    ]
    value: Annotated[
        float | int | str,
        Called("VALUE", "the value", "a number, or seconds such as 30s"),
    ]


class Extend(Order, frozen=True, tag="extend"):
    """Add ``steps`` updates to the total."""

    steps: Count


class RollBack(Order, frozen=True, tag="rollback"):
    """Return to the last good checkpoint with ``lr``; None = a tenth of the rate."""

    lr: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Called("LR", "the learning rate", "a number above 0"),
    ] = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of a command, as the field of its order declares it."""

    name: str
    called: Called
    type: Any
    default: object
    """``msgspec.NODEFAULT`` where it is required."""

    @property
    def is_required(self) -> bool:
        """Whether the command means nothing without it."""
        return self.default is msgspec.NODEFAULT

    @property
    def syntax(self) -> str:
        """How it stands in the syntax of a command line: "COUNT" or "[COUNT]"."""
        return self.called.word if self.is_required else f"[{self.called.word}]"


def _arguments(order: type[Order]) -> tuple[Argument, ...]:
    return tuple(
        Argument(
            name=field.name,
            called=_called(field),
            type=field.type,
            default=field.default,
        )
        for field in msgspec.structs.fields(order)
    )


def _called(field: msgspec.structs.FieldInfo) -> Called:
    for annotation in get_args(field.type):
        if isinstance(annotation, Called):
            return annotation
    raise TypeError(f"the argument {field.name} does not say what it is called")


ARGUMENTS = {command: _arguments(order) for command, order in COMMANDS.items()}
TOUCHABLE = frozenset(
    command
    for command, arguments in ARGUMENTS.items()
    if command != "rollback" and not any(a.is_required for a in arguments)
)
"""Commands that an empty file of that name means as well; going back is none."""

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
        given = msgspec.json.decode(data, type=dict[str, object])
    except UNREADABLE:
        return "not a command: it is no JSON object"
    command = given.pop("command", None)
    if not isinstance(command, str) or command not in COMMANDS:
        return f"unknown command {_shown(command)}: use {', '.join(COMMANDS)}"
    known = ARGUMENTS[command]
    for name in given.keys() - {argument.name for argument in known}:
        return f"{command}: there is no argument {_shown(name)}"
    for argument in known:
        if problem := _argument_problem(argument, given):
            return f"{command}: {problem}"
    return None


def _argument_problem(argument: Argument, given: Mapping[str, object]) -> str | None:
    noun, allowed = argument.called.noun, argument.called.allowed
    value = given.get(argument.name, argument.default)
    try:
        msgspec.convert(value, argument.type)
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
