"""``profile.json``: where the time of a training goes, part by part."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cnn_tui.io.files import read_bounded
from cnn_tui.runs.layout import PROFILE
from cnn_tui.runs.records import UNREADABLE, Step
from cnn_tui.text import count, printable

TOP_LAYERS = 3
"""The slowest ones, of each direction, that are shown unless all are asked for."""
MAX_BYTES = 2**20

_Name = Annotated[str, Meta(max_length=200)]
_Seconds = Annotated[float, Meta(ge=0, le=1e12)]


class UpdateSeconds(Struct, frozen=True, kw_only=True):
    """What each part of an update takes, in the order they run in; means."""

    data: _Seconds = 0.0
    copy: _Seconds = 0.0
    scaling: _Seconds = 0.0
    augmentation: _Seconds = 0.0
    forward: _Seconds = 0.0
    loss: _Seconds = 0.0
    backward: _Seconds = 0.0
    checks: _Seconds = 0.0
    optimizer: _Seconds = 0.0
    average: _Seconds = 0.0
    rows: _Seconds = 0.0

    @property
    def total(self) -> float:
        """The whole update."""
        return float(sum(msgspec.structs.astuple(self)))


class LayerSeconds(Struct, frozen=True, kw_only=True):
    """What a layer takes of an update's forward and backward pass."""

    name: _Name
    forward: _Seconds = 0.0
    backward: _Seconds = 0.0


class CountedSeconds(Struct, frozen=True, kw_only=True):
    """What was done between updates, each of it counted; sums."""

    evaluation: _Seconds = 0.0
    checkpoint: _Seconds = 0.0
    read_out: _Seconds = 0.0
    health: _Seconds = 0.0
    profile: _Seconds = 0.0


class Profile(Struct, frozen=True, kw_only=True):
    """The time of the updates after ``since_step`` up to ``step``, in one process."""

    since_step: Step
    step: Step
    seconds: _Seconds
    """Of training in all."""
    device: _Name
    batch_size: Step
    """Images of an update, but for the last one of an epoch."""
    samples: Step
    """Updates that were taken apart: ``update``, ``layers`` and what follows are means
    of these."""
    update: UpdateSeconds
    layers: Annotated[list[LayerSeconds], Meta(max_length=1000)] = []
    waiting: _Seconds | None = None
    """Of an update: when the training thread had no processor. None on GPUs."""
    host: _Seconds | None = None
    """What it takes the host to hand an update to the GPU. None on the CPU."""
    counted: CountedSeconds = CountedSeconds()

    @property
    def updates(self) -> int:
        """How many there were."""
        return max(0, self.step - self.since_step)


_profile = msgspec.json.Decoder(Profile)

_UPDATE = {
    "data": "picking images",
    "copy": "copy to the device",
    "scaling": "scaling",
    "augmentation": "augmentation",
    "forward": "forward",
    "loss": "loss",
    "backward": "backward",
    "checks": "checks",
    "optimizer": "optimizer",
    "average": "moving average",
    "rows": "rows",
}
_COUNTED = {
    "evaluation": "evaluation",
    "checkpoint": "checkpoints",
    "read_out": "read-out",
    "health": "health samples",
    "profile": "this profile",
}
REST = "not measured"
_LEAST_SHOWN = 0.0005
"""Of the time: less is shown as 0.0 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line of the table."""

    name: str
    """From a file, if it is that of a layer."""
    seconds: float
    """Per update."""
    share: float
    """Of the whole time, 0…1."""
    depth: int = 0
    """1: a layer, whose time is in the part above it."""


def parts(profile: Profile, layers: int | None = TOP_LAYERS) -> list[Part]:
    """Returns what takes time, and how much: updates first, then what is between them.

    Shares of depth 0 add up to 1, with ``REST``, which no part accounts for, and less
    what is left out as next to nothing. ``layers``: so many at most; None is all.
    """
    updates = max(1, profile.updates)
    counted = msgspec.structs.asdict(profile.counted)
    known = profile.update.total * updates + sum(counted.values())
    whole = max(profile.seconds, known) or 1.0

    def part(name: str, seconds: float, depth: int = 0) -> Part:
        share = min(1.0, seconds * updates / whole)
        return Part(name=name, seconds=seconds, share=share, depth=depth)

    found = []
    for key, seconds in msgspec.structs.asdict(profile.update).items():
        found.append(part(_UPDATE[key], seconds))
        slowest = _slowest(profile, key, layers)
        found += (part(name, seconds, depth=1) for name, seconds in slowest)
    found += (part(_COUNTED[key], s / updates) for key, s in counted.items())
    found.append(part(REST, (whole - known) / updates))
    return [it for it in found if it.share >= _LEAST_SHOWN or it.name == REST]


def images_per_second(profile: Profile) -> float:
    """Returns the speed of all of it, evaluations and checkpoints included."""
    return profile.updates * profile.batch_size / (profile.seconds or 1.0)


def in_words(profile: Profile) -> str:
    """Returns what was measured, safe to be shown."""
    milliseconds = 1000 * profile.seconds / max(1, profile.updates)
    return (
        f"{milliseconds:.3g} ms per update of {count(profile.batch_size)} images, "
        f"{count(round(images_per_second(profile)))} images/s on "
        f"{printable(profile.device)}; {count(profile.samples)} of "
        f"{count(profile.updates)} updates taken apart"
    )


def read_profile(run: Path) -> Profile | None:
    """Returns what a run's file says; None: there is none, or it cannot be read."""
    try:
        return _profile.decode(read_bounded(run / PROFILE, MAX_BYTES))
    except (OSError, *UNREADABLE):
        return None


def _slowest(
    profile: Profile, direction: str, most: int | None
) -> Iterator[tuple[str, float]]:
    if direction not in ("forward", "backward"):
        return
    pairs = [(it.name, float(getattr(it, direction))) for it in profile.layers]
    if most is not None:
        pairs = sorted(pairs, key=lambda pair: -pair[1])[:most]
    yield from pairs
