"""What happens to a run: the lines of ``events.jsonl``, a closed set of structs.

A writer can write no other; a reader meets those of newer versions as ``Unknown``.
"""

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct, field

from cnn_tui.runs.records import UNREADABLE, Instant, Step

Value = float | int | str
"""A value that can be edited while a run trains."""
Place = Annotated[str, Meta(max_length=1000)]


class Happened(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"
):
    """The base of all events; the key ``event`` is the tag of the class."""

    at: Instant
    step: Step
    """Updates completed."""
    command_id: str | None = None
    """The command that this answers, if any."""
    outcome: Literal["done", "rejected"] | None = None
    """Set together with ``command_id``."""

    @property
    def name(self) -> str:
        """The word that stands for it in the file."""
        return str(self.__struct_config__.tag)


class Started(Happened, frozen=True, tag="started"):
    """The first process begins with the first update."""

    device: str | None = None


class Resumed(Happened, frozen=True, tag="resumed"):
    """The run goes on, after a pause or in another process."""

    until: Step | None = None
    """Where it is to pause again."""
    repeats_edits: bool | None = None
    """Of another process: whether it makes edits after ``step`` again."""


class Paused(Happened, frozen=True, tag="paused"):
    """The run stands still."""

    reason: str | None = None


class Stepped(Happened, frozen=True, tag="stepped"):
    """The run came to where it was to pause."""


class CheckpointSaved(Happened, frozen=True, tag="checkpoint_saved"):
    """A checkpoint is on disk."""

    also_as: list[str] = []
    """File names beside that of every checkpoint."""


class Evaluated(Happened, frozen=True, tag="evaluated"):
    """The test set was evaluated here, or had been."""

    test_loss: float | None = field(name="test/loss", default=None)
    test_accuracy: float | None = field(name="test/accuracy", default=None)
    validation_loss: float | None = field(name="validation/loss", default=None)
    validation_accuracy: float | None = field(name="validation/accuracy", default=None)
    best: bool | None = None


class HyperparameterChanged(Happened, frozen=True, tag="hyperparameter_changed"):
    """A value was edited; ``step`` is that of the last update with the old one."""

    what: str = field(name="name")
    before: Value | None = field(name="from", default=None)
    after: Value | None = field(name="to", default=None)


class NonFinite(Happened, frozen=True, tag="non_finite"):
    """A value is not finite."""

    what: str
    """"activation", "loss", "gradient", or the name of a test row's value."""
    layer: str | None = None


class LossExploded(Happened, frozen=True, tag="loss_exploded"):
    """The loss is far above those before it."""

    loss: float | None = None


class RolledBack(Happened, frozen=True, tag="rolled_back"):
    """Training went back to ``step``, the last good checkpoint."""

    reached: Step | None = None
    """How far it had come."""


class Detached(Happened, frozen=True, tag="detached"):
    """This process leaves the run to another one."""


class HandedOver(Happened, frozen=True, tag="handed_over"):
    """Another process has the run."""


class Stopped(Happened, frozen=True, tag="stopped"):
    """A person ended the run."""


class Interrupted(Happened, frozen=True, tag="interrupted"):
    """The process was told to end, or was lost."""

    reason: str | None = None


class Finished(Happened, frozen=True, tag="finished"):
    """All planned updates are done, or there is a ``reason`` to make no more."""

    reason: str | None = None


class Failed(Happened, frozen=True, tag="failed"):
    """The run cannot go on."""

    reason: str | None = None


class Rejected(Happened, frozen=True, tag="rejected"):
    """A command was refused."""

    reason: str | None = None


class NotBitExact(Happened, frozen=True, tag="not_bit_exact"):
    """The run goes on where its values may differ in the last digits."""

    reason: str | None = None


class GpuUnused(Happened, frozen=True, tag="gpu_unused"):
    """There is a GPU that the run does not train on, though it was free to."""

    reason: str | None = None


class DataNoticed(Happened, frozen=True, tag="data_noticed"):
    """A file that was left out of one's own images, or something odd about them."""

    reason: str | None = None


class CheckpointDamaged(Happened, frozen=True, tag="checkpoint_damaged"):
    """A newer checkpoint could not be used; the run goes on from ``step``."""

    reason: str | None = None


class Unknown(Struct, frozen=True, kw_only=True):
    """An event of a newer version; ``details`` are its keys beyond these."""

    at: Instant
    step: Step
    name: str = field(name="event")
    command_id: str | None = None
    outcome: str | None = None
    details: dict[str, Any] = {}


KnownEvent = (
    Started
    | Resumed
    | Paused
    | Stepped
    | CheckpointSaved
    | Evaluated
    | HyperparameterChanged
    | NonFinite
    | LossExploded
    | RolledBack
    | Detached
    | HandedOver
    | Stopped
    | Interrupted
    | Finished
    | Failed
    | Rejected
    | NotBitExact
    | GpuUnused
    | DataNoticed
    | CheckpointDamaged
)
Event = KnownEvent | Unknown

KINDS: dict[str, type[Happened]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(KnownEvent)
}
"""All kinds of events by their words."""

_known: msgspec.json.Decoder[KnownEvent] = msgspec.json.Decoder(KnownEvent)


def decode_event(line: bytes) -> Event:
    """Returns the event of one line.

    Raises:
        ValueError, RecursionError: It is not an object of the expected types.
    """
    try:
        return _known.decode(line)
    except UNREADABLE:
        return _decode_unknown(line)


def _decode_unknown(line: bytes) -> Unknown:
    keys = msgspec.json.decode(line, type=dict[str, Any])
    details = {key: keys[key] for key in keys.keys() - set(_FIXED)}
    event = msgspec.convert({**keys, "details": details}, Unknown)
    if event.name in KINDS:
        raise ValueError("values of other types than this event has")
    return event


_FIXED = ("at", "step", "event", "command_id", "outcome")
