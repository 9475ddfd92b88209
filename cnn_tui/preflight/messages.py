"""What may be asked of the process that measures, and the lines that it answers.

A request and an answer are one line of JSON each. What is asked ends with ``Done`` or
``Failed``.
"""

from typing import Any, Literal

import msgspec

from cnn_tui.config import Setting
from cnn_tui.preflight.cost import Cost


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=str.lower):
    """What is told apart by its type."""


SECONDS, PATIENT_SECONDS = 7.0, 600.0
"""Of measuring, and where somebody wants to see everything."""


class Measure(Message, frozen=True, kw_only=True):
    """How fast is this config on its device, and how else could it be computed?"""

    config: dict[str, Any]
    """The mapping of a preset; its device and threads may be left open."""
    data_dir: str | None = None
    seconds: float = SECONDS
    """Of measuring; what would take longer is left out. Compiling does not count."""
    compiles: bool = False
    """Whether compiling is tried, which may take a minute."""


class FindRate(Message, frozen=True, kw_only=True):
    """What does the loss do at higher and higher rates?"""

    config: dict[str, Any] | None = None
    """The mapping of a preset, which is begun with fresh weights."""
    run: str | None = None
    """A run instead, which is begun at its newest checkpoint."""
    data_dir: str | None = None


class Facts(Message, frozen=True, kw_only=True):
    """What is measured, and with what: the first line."""

    device: str
    name: str
    """That of the GPU or the processor."""
    torch: str
    images: str
    """Which images: "mnist", or "random images"."""


class Measured(Message, frozen=True, kw_only=True):
    """What one way of computing takes; the first is that of the config itself."""

    settings: list[Setting] = []
    """What it changes of the config, by full keys."""
    cost: Cost
    images_per_second: float
    memory_bytes: int | None
    """At most, of a GPU in all, of a process what the updates add; None: unknown."""
    total_seconds: float
    """Of all updates, evaluations and checkpoints of the run, and of compiling."""
    compile_seconds: float = 0.0


class Unmeasured(Message, frozen=True, kw_only=True):
    """Why another way of computing was not measured."""

    settings: list[Setting]
    reason: str


class LargestBatch(Message, frozen=True, kw_only=True):
    """The largest batch that the device has memory for."""

    images: int
    why: Literal["is all images", "was tried", "is worked out", "fits at least"]
    """How that is known: worked out is from what each image of a batch takes."""


class RatesTried(Message, frozen=True, kw_only=True):
    """Which rates are tried: the first line of that answer."""

    device: str
    lr: float
    """The rate there would be: the highest of the schedule; of a run, the next."""
    low: float
    high: float


class RatePoint(Message, frozen=True, kw_only=True):
    """The loss of a batch before it was trained on at a rate."""

    rate: float
    loss: float | None
    """None where it, or its gradient, was not finite."""


class Done(Message, frozen=True, kw_only=True):
    """There is nothing more."""


class Failed(Message, frozen=True, kw_only=True):
    """Why nothing more can be measured."""

    reason: str


AnyRequest = Measure | FindRate
AnyLine = (
    Facts
    | Measured
    | Unmeasured
    | LargestBatch
    | RatesTried
    | RatePoint
    | Done
    | Failed
)

_requests: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)
_lines: msgspec.json.Decoder[AnyLine] = msgspec.json.Decoder(AnyLine)


def to_line(message: Message) -> bytes:
    """Returns a request or an answer as a line."""
    return msgspec.json.encode(message) + b"\n"


def read_request(line: bytes) -> AnyRequest:
    """Raises msgspec.MsgspecError for what is none."""
    return _requests.decode(line)


def read_answer(line: bytes) -> AnyLine:
    """Raises msgspec.MsgspecError for what is none."""
    return _lines.decode(line)
