"""What has to be known before a run is forked; it is asked for in one dialog."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Label

from cnn_tui.config import RunConfig, parse_settings
from cnn_tui.config.forking import forked
from cnn_tui.errors import CnnTuiError
from cnn_tui.runs.config import read_config
from cnn_tui.runs.moments import newest
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from cnn_tui.text import count, printable
from cnn_tui.ui.screens.dialogs import choice, explain
from cnn_tui.ui.widgets.text_input import TextInput

_TOTAL = "iterations="


@dataclass
class ForkRequested(Message):
    """Somebody wants to go on from an update of a run, as a new one."""

    run: Path
    step: int
    settings: tuple[str, ...]
    """As KEY=VALUE."""
    iterations: str | None
    """The new total, or + and how many more."""
    background: bool


class AskFork(ModalScreen[ForkRequested | None]):
    """Asks for the update to go on from, and for what is to be different there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("ctrl+b", "background", "background"),
        Binding("down", "app.focus_next", "next"),
        Binding("up", "app.focus_previous", "previous"),
    ]

    def __init__(self, run: Path, config: RunConfig, status: Status, step: int) -> None:
        """Proposes ``step``, and no changes."""
        super().__init__()
        self._run, self._config, self._status = run, config, status
        self._step = step

    def compose(self) -> ComposeResult:
        """Makes a field for the update and one for the values."""
        with Vertical(classes="dialog"):
            yield Label(f"Fork {printable(self._run.name)}", classes="title")
            with Horizontal(classes="value"):
                yield Label("after update", markup=False)
                yield TextInput(str(self._step), name="step", compact=True)
            with Horizontal(classes="value"):
                yield Label("with", markup=False)
                yield TextInput(
                    name="values",
                    placeholder="lr=0.01 batch_size=64 iterations=+1000",
                    compact=True,
                )
            yield Label(classes="problem", markup=False)
            yield Label(choice("enter", "start it in this program"))
            yield Label(choice("ctrl+b", "start it in the background"))
            yield Label(choice("esc", "back"))

    def on_mount(self) -> None:
        """Lets values be typed at once."""
        self.query(Input).last().focus()

    @on(Input.Changed)
    def _show_problem(self) -> None:
        explain(self.query_one(".problem", Label), self._problem())

    @on(Input.Submitted)
    def _start(self) -> None:
        self._send(background=False)

    def action_background(self) -> None:
        """Starts it in a process of its own."""
        self._send(background=True)

    def _send(self, *, background: bool) -> None:
        if (problem := self._problem()) is not None:
            explain(self.query_one(".problem", Label), problem)
            return
        step, texts = self._wanted()
        totals = [text for text in texts if text.startswith(_TOTAL)]
        self.dismiss(
            ForkRequested(
                run=self._run,
                step=int(step),
                settings=tuple(text for text in texts if text not in totals),
                iterations=totals[-1].removeprefix(_TOTAL) if totals else None,
                background=background,
            )
        )

    def _wanted(self) -> tuple[str, list[str]]:
        """Returns the texts of the update and of each value; raises ValueError."""
        step, values = (field.value.strip() for field in self.query(Input))
        return step, shlex.split(values)

    def _problem(self) -> str | None:
        try:
            step, texts = self._wanted()
            settings = [text for text in texts if not text.startswith(_TOTAL)]
            source = printable(self._run.name)
            forked(self._config, parse_settings(settings), source)
        except CnnTuiError as error:
            return str(error).removeprefix("--set ")
        except ValueError:
            return "a quotation mark has no other"
        done, total = self._status.step, self._status.total_steps
        if not (step.isdecimal() and len(step) <= 10 and int(step) <= done):
            return f"the update must be from 0 to {count(done)}"
        if int(step) >= total and len(settings) == len(texts):
            return f"{count(total)} is the last one planned: add iterations=+1000"
        return None


def ask_fork(screen: Widget, run: Path, step: int | None) -> None:
    """Asks about a fork of a run at a step, by default the newest; then asks for it."""
    try:
        status, config = read_status(run), read_config(run)
    except CnnTuiError as error:
        screen.notify(str(error), severity="error", markup=False)
        return
    if status is None:
        screen.notify("it has no status.json", severity="error", markup=False)
        return

    def answered(wanted: ForkRequested | None) -> None:
        if wanted is not None:
            screen.post_message(wanted)

    at = newest(run) if step is None else min(step, status.step)
    screen.app.push_screen(AskFork(run, config, status, at), answered)
