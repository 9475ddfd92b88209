"""What a run can be told to do: the commands of the mailbox and their arguments."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from cnn_tui.errors import InputError
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.text import printable

Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
LiveValue = Literal[
    "lr", "momentum", "weight_decay", "evaluate_every", "checkpoint_every"
]
LIVE_NAMES: tuple[str, ...] = get_args(LiveValue)
"""What can be changed while a run trains."""


class Order(Struct, frozen=True, tag_field="command", forbid_unknown_fields=True):
    """The base of all orders; ``command`` in the file is the tag of the class."""


class Pause(Order, frozen=True, tag="pause"):
    """Stand still at the next batch boundary."""


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

_decoder: msgspec.json.Decoder[AnyOrder] = msgspec.json.Decoder(AnyOrder)


def encode(command: str, arguments: Mapping[str, object]) -> bytes:
    """Returns the content of a command file.

    Raises:
        InputError: There is no such command, or an argument is wrong or missing.
    """
    if command not in COMMANDS:
        raise InputError(
            f'unknown command "{printable(command)}": use {", ".join(COMMANDS)}'
        )
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
        raise InputError(f"not a command: {printable(error)}") from error
