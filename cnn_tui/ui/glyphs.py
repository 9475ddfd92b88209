"""Signs and colours beside text, for terminals with and without fine ones."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnn_tui.runs import layout

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerName

_ASCII_STATES = {
    layout.State.QUEUED: ":",
    layout.State.STARTING: ".",
    layout.State.RUNNING: ">",
    layout.State.PAUSED: "=",
    layout.State.STOPPING: "-",
    layout.State.FINISHED: "+",
    layout.State.STOPPED: "#",
    layout.State.INTERRUPTED: "!",
    layout.State.FAILED: "x",
    layout.State.IMPORTED: "<",
    layout.LOST: "?",
    layout.SILENT: "~",
}

STATE_STYLES = {
    layout.State.RUNNING: "$text-success",
    layout.State.PAUSED: "$text-warning",
    layout.State.STOPPING: "$text-warning",
    layout.State.FINISHED: "$text-accent",
    layout.State.INTERRUPTED: "$text-warning",
    layout.State.FAILED: "$text-error",
    layout.LOST: "$text-error",
    layout.SILENT: "$text-warning",
    layout.UNREADABLE: "$text-error",
}
"""The colours of states; others have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of signs."""

    states: Mapping[str, str]
    bar: str
    bar_rest: str
    levels: str
    """Of a sparkline, from nothing to full."""
    changed: str
    """Stands before what differs."""
    moment: str
    """Of a run, on a line; ``this_moment`` is the one that is shown."""
    this_moment: str
    best: str
    """Stands behind what no other run does better."""

    def state(self, state: str) -> str:
        """Returns the sign of a state."""
        return self.states.get(state, "?")

    def bar_parts(self, fraction: float, width: int) -> tuple[str, str]:
        """Returns the full and the empty part of a bar of ``width`` cells."""
        full = int(known(fraction) * width)
        return self.bar * full, self.bar_rest * (width - full)

    def sparkline(self, fractions: Sequence[float | None], width: int) -> str:
        """Returns the last ``width`` values of 0…1 as a row; blank where unknown."""
        top = len(self.levels) - 1
        signs = [
            " " if value is None else self.levels[round(min(max(value, 0), 1) * top)]
            for value in fractions[-width:]
        ]
        return "".join(signs).rjust(width)


def known(fraction: float) -> float:
    """Returns the share of a bar that is full, 0…1: nothing of what is no number."""
    return min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 0.0


_FINE = Glyphs(
    states=layout.GLYPHS,
    bar="━",
    bar_rest="─",
    levels="▁▂▃▄▅▆▇█",
    changed="›",
    moment="┼",
    this_moment="●",
    best="●",
)
_PLAIN = Glyphs(
    states=_ASCII_STATES,
    bar="#",
    bar_rest="-",
    levels=" .:-=+*#",
    changed=">",
    moment="+",
    this_moment="O",
    best="*",
)
GLYPHS: Mapping["MarkerName", Glyphs] = {
    "braille": _FINE,
    "dot": _PLAIN,
    "ascii": _PLAIN,
}
"""By the kind of glyphs that charts are drawn with."""
MARK_NAMES = {
    "▼": "checkpoint kept",
    "○": "evaluated",
    "●": "best so far",
    "=": "paused",
    "▲": "changed",
    "<": "rolled back",
    "!": "loss exploded",
    "×": "not finite",
}
"""What the marks on the x axis of a chart mean."""
