"""The rows of a run directory's JSON files, in the contract's names and key order.

Unknown keys are ignored, so that a newer trainer's runs stay readable.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.runs.layout import FORMAT, State

Instant = Annotated[datetime, Meta(tz=True)]
"""A wall-clock time; written as ISO 8601 with offset."""

Step = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""Updates completed; it fits an int32."""


UNREADABLE = (ValueError, RecursionError)
"""What decoding rubbish raises: bad JSON, other types, broken UTF-8, deep nesting."""


class Best(Struct, frozen=True, kw_only=True):
    """The best evaluation so far."""

    step: Step
    accuracy: float


class Status(Struct, frozen=True, kw_only=True):
    """``status.json``: all that a list of runs needs. Accuracy is 0…1."""

    format: int = FORMAT
    id: str = ""
    name: str = ""
    preset: str | None = None
    title: str = ""
    dataset: str = ""
    state: State
    reason: str | None = None
    step: Step = 0
    total_steps: Step = 0
    epoch: float = 0.0
    started_at: Instant
    ended_at: Instant | None = None
    heartbeat: Instant | None = None
    progress_at: Instant | None = None
    pid: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    pid_started: float | None = None
    pid_namespace: str | None = None
    boot_id: str | None = None
    host: str | None = None
    device: str | None = None
    processes: int = 1
    """That train it together, on a device each."""
    training_seconds: float = 0.0
    images_per_second: float | None = None
    eta_seconds: float | None = None
    lr: float | None = None
    overrides: dict[str, object] = {}
    train_loss: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    best: Best | None = None
    last_checkpoint_step: Step | None = None
    obeys: list[str] | None = None
    """The commands that a trainer of another program polls for; None: all of them."""

    @property
    def is_foreign(self) -> bool:
        """Whether another program trained it."""
        return self.obeys is not None or self.state is State.IMPORTED


class UpdateMetrics(Struct, frozen=True, kw_only=True, gc=False):
    """A train row as it is written: one update, before it changed the weights."""

    step: int
    epoch: float
    time: float
    """Seconds of training."""
    loss: float | None = msgspec.field(name="train/loss")
    accuracy: float | None = msgspec.field(name="train/accuracy")
    lr: float
    images_per_second: float | None


class EvaluationMetrics(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A test row as it is written: a whole set, after update ``step``."""

    step: int
    epoch: float
    time: float
    """Seconds of training."""
    loss: float = msgspec.field(name="test/loss")
    accuracy: float = msgspec.field(name="test/accuracy")
    validation_loss: float | None = msgspec.field(name="validation/loss", default=None)
    validation_accuracy: float | None = msgspec.field(
        name="validation/accuracy", default=None
    )


class Rewind(Struct, frozen=True, kw_only=True):
    """The earlier rows with higher steps are void from here on."""

    rewind_to: int


Metrics = UpdateMetrics | EvaluationMetrics | Rewind
"""What a trainer writes into ``metrics.jsonl``."""


class MetricsRow(Struct, frozen=True, kw_only=True, gc=False):
    """One line of ``metrics.jsonl`` as it is read: a train row, a test row or a rewind.

    An absent key is UNSET: it tells the kinds apart. A non-finite value is None.
    """

    step: Step | UnsetType = UNSET
    epoch: float | None = None
    time: float | None = None
    train_loss: float | UnsetType | None = msgspec.field(
        name="train/loss", default=UNSET
    )
    train_accuracy: float | None = msgspec.field(name="train/accuracy", default=None)
    lr: float | None = None
    images_per_second: float | None = None
    test_loss: float | UnsetType | None = msgspec.field(name="test/loss", default=UNSET)
    test_accuracy: float | None = msgspec.field(name="test/accuracy", default=None)
    validation_loss: float | None = msgspec.field(name="validation/loss", default=None)
    validation_accuracy: float | None = msgspec.field(
        name="validation/accuracy", default=None
    )
    rewind_to: Step | UnsetType = UNSET


class DeviceRow(Struct, frozen=True, kw_only=True):
    """One line of ``device.jsonl``; None = unknown, no ``gpus`` = there is none."""

    at: Instant
    cpu_percent: float | None = None
    process_cpu_percent: float | None = None
    process_memory_bytes: int | None = None
    host_memory_used_bytes: int | None = None
    host_memory_total_bytes: int | None = None
    gpus: list[GpuSample] = []


def encode_line(record: Struct | Mapping[str, object]) -> bytes:
    """Returns one line of JSON with its newline; non-finite numbers become null."""
    return msgspec.json.encode(record) + b"\n"


def now() -> datetime:
    """Returns the wall-clock time with this machine's offset."""
    return datetime.now(UTC).astimezone()
