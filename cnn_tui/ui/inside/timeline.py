"""The moments of a run that can be looked at."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cnn_tui.look.messages import Moment
from cnn_tui.runs.layout import CHECKPOINTS
from cnn_tui.runs.records import Status
from cnn_tui.text import count
from cnn_tui.ui.glyphs import Glyphs


def steps_available(run: Path, status: Status | None) -> list[int]:
    """Returns the steps whose weights can be looked at, ascending, with the first."""
    steps: set[int | None] = {0}
    with suppress(OSError):
        for name in os.listdir(run / CHECKPOINTS):
            if match := re.fullmatch(r"step-(\d{8,10})\.pt", name, re.ASCII):
                steps.add(int(match[1]))
    if status:
        steps.add(status.last_checkpoint_step)
        steps.add(status.best.step if status.best else None)
    return sorted(step for step in steps if step is not None)


def moved(steps: Sequence[int], moment: Moment, shown: int, by: int) -> Moment:
    """Returns the moment before or after the one that is looked at.

    ``shown`` is the step of what is shown now. Behind the last is the newest, whichever
    that will be.
    """
    if moment == "newest":
        earlier = [step for step in steps if step < shown]
        return earlier[-1] if by < 0 and earlier else "newest"
    if by < 0:
        return next((step for step in reversed(steps) if step < shown), moment)
    later = [step for step in steps if step > shown]
    return later[0] if len(later) > 1 else "newest"


def timeline(
    steps: Sequence[int], shown: int, width: int, glyphs: Glyphs
) -> tuple[str, str, str]:
    """Returns a row of marks, one for each moment, cut at the one that is shown."""
    last = max([*steps, shown, 1])
    places = {round(step / last * (width - 1)) for step in steps}
    at = round(shown / last * (width - 1))
    row = [
        glyphs.moment if place in places else glyphs.bar_rest for place in range(width)
    ]
    return "".join(row[:at]), glyphs.this_moment, "".join(row[at + 1 :])


def moment_words(moment: Moment, shown: int, best: int | None, is_live: bool) -> str:
    """Returns whose weights these are: "weights of step 400, the newest"."""
    said = [f"weights of step {count(shown)}"]
    if moment == "newest":
        said.append("the newest, follows the run" if is_live else "the newest")
    if shown == best:
        said.append("the best")
    return ", ".join(said)
