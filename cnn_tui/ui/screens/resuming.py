"""What has to be known before a run that has ended goes on; it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message

from cnn_tui.config import RunConfig
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.io.safe_yaml import parse_value
from cnn_tui.runs.config import read_config
from cnn_tui.runs.layout import State
from cnn_tui.runs.overrides import schedule_over_before
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from cnn_tui.text import count, printable
from cnn_tui.ui.backend import Resumption
from cnn_tui.ui.run_settings import live_value_problem
from cnn_tui.ui.screens.dialogs import AskText, positive_count

PROPOSED_ITERATIONS = 1000
LATER_RATE_FACTOR = 0.1
"""Of the first learning rate, where a schedule has come to its end."""


@dataclass
class ResumeRequested(Message):
    """Somebody wants to go on with a run; ``more`` asks how much longer than planned.

    Where all that was planned is done, that is asked in any case.
    """

    run: Path
    more: bool = False


def ask_how(
    app: App[Any], wanted: ResumeRequested, go_on: Callable[[Resumption], object]
) -> None:
    """Asks what a run needs to go on with, if anything; then lets it ``go_on``."""
    resumption = Resumption(run=wanted.run)
    try:
        status, config = read_status(wanted.run), read_config(wanted.run)
    except (ConfigError, RunDirectoryError):
        status = None
    if status is None or not (wanted.more or status.state is State.FINISHED):
        go_on(resumption)  # what is wrong with it, the engine says
        return

    def answered(text: str | None) -> None:
        if text is not None:
            longer = replace(resumption, more_iterations=int(text))
            _ask_rate(app, longer, config, status, go_on)

    done = f"{count(status.step)} of {count(status.total_steps)} iterations are done."
    question = AskText(
        f"Go on with {printable(wanted.run.name)}",
        prompt=f"{done} How many more than planned?",
        value=str(PROPOSED_ITERATIONS),
        check=positive_count,
    )
    app.push_screen(question, answered)


def _ask_rate(
    app: App[Any],
    resumption: Resumption,
    config: RunConfig,
    status: Status,
    go_on: Callable[[Resumption], object],
) -> None:
    """Asks for a learning rate where the schedule of the run ends too early."""
    total_steps = status.total_steps + resumption.more_iterations
    over = schedule_over_before(total_steps, config, status.overrides)
    if over is None:
        go_on(resumption)
        return

    def answered(text: str | None) -> None:
        if text is not None:
            go_on(replace(resumption, lr=float(parse_value(text))))

    question = AskText(
        f"Go on with {printable(resumption.run.name)}",
        prompt=f"The {printable(over)} schedule ends at {count(config.total_steps)}. "
        "Which learning rate from now on?",
        value=f"{config.training.optimizer.lr * LATER_RATE_FACTOR:.4g}",
        check=lambda text: live_value_problem(config, "lr", text),
    )
    app.push_screen(question, answered)
