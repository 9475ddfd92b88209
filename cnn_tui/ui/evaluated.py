"""The weights that an evaluation was made with: from a checkpoint, or made again."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from cnn_tui.look import messages as ask
from cnn_tui.runs.evaluations import step_of
from cnn_tui.runs.history import steps_available
from cnn_tui.ui.looking import Looking


async def choose_weights(
    looking: Looking,
    evaluation: Path | None,
    tell: Callable[[int, int], None],
    *,
    is_past: bool,
) -> str:
    """Looks at the weights of an evaluation; returns what to know of them.

    Where no checkpoint has them, those of a past one are made again, and the newest
    are taken for the newest one.

    Raises:
        InputError, TrainingError: if they cannot be made again.
    """
    step = None if evaluation is None else step_of(evaluation)
    # The events of a run, which are read for that, may be many.
    is_kept = step in await asyncio.to_thread(steps_available, looking.run)
    looking.moment = "newest" if step is None or not (is_kept or is_past) else step
    if looking.moment == "newest" or is_kept:
        return ""
    question = ask.Replay(step=looking.moment)
    why = (await looking.look.ask(question, ask.Replayed, tell)).not_exact
    return "" if why is None else f"its last digits may differ: {why}"
