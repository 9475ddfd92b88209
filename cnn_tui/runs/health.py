"""``health.jsonl``: how the layers of a network did, sampled now and then."""

import math
from collections import deque
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from cnn_tui.runs.layout import HEALTH
from cnn_tui.runs.lines import LineFollower, decode_lines
from cnn_tui.runs.records import Step

MAX_ROWS = 1000
"""The last ones are held."""

_Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class LayerHealth(Struct, frozen=True, kw_only=True):
    """One layer in a sample. None: it has no such value, or it is not finite."""

    name: Annotated[str, Meta(max_length=200)]
    """The number and type of the layer, as in the layer table."""
    activation_mean: float | None = None
    activation_std: float | None = None
    zero_share: float | None = None
    """The part of its outputs that is 0, 0…1."""
    dead_channels: _Count | None = None
    """The channels, or features, whose output is 0 everywhere in the sample."""
    channels: _Count | None = None
    gradient_norm: float | None = None
    """Of the loss of the sample by all of its own parameters."""
    update_to_weight: float | None = None
    """By how much of its size the last update has changed the weight."""


class HealthRow(Struct, frozen=True, kw_only=True):
    """A sample after update ``step``, layers in the order they run in."""

    step: Step
    layers: list[LayerHealth]


class _Line(Struct, frozen=True, kw_only=True):
    step: Step | UnsetType = UNSET
    layers: list[LayerHealth] = []
    rewind_to: Step | UnsetType = UNSET


_line = msgspec.json.Decoder(_Line)


class HealthReader:
    """Follows the samples of a run. It never writes there and takes no lock.

    Attributes:
        rows: Those that count, by ascending step; rubbish is skipped.
    """

    def __init__(self, run: Path) -> None:
        """Reads nothing yet."""
        self.rows: deque[HealthRow] = deque(maxlen=MAX_ROWS)
        self._file = LineFollower(run / HEALTH)
        self._generation = 0

    def poll(self, deadline: float = math.inf) -> bool:
        """Takes in what was appended since; returns whether anything was."""
        changed = False
        for lines in self._file.chunks(deadline):
            changed = True
            if self._file.generation != self._generation:
                self._generation = self._file.generation
                self.rows.clear()
            for line in decode_lines(_line, lines)[0]:
                self._add(line)
        return changed

    def _add(self, line: _Line) -> None:
        if line.rewind_to is not UNSET:
            while self.rows and self.rows[-1].step > line.rewind_to:
                self.rows.pop()
        elif line.step is not UNSET and not (
            self.rows and self.rows[-1].step >= line.step
        ):
            self.rows.append(HealthRow(step=line.step, layers=line.layers))


def read_health(run: Path) -> list[HealthRow]:
    """Returns the samples of a run that count, by ascending step."""
    reader = HealthReader(run)
    reader.poll()
    return list(reader.rows)
