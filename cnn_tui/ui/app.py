"""The Textual application: which screen is shown, and what may be left when."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.message import Message
from textual.screen import Screen

from cnn_tui import process
from cnn_tui.errors import CnnTuiError
from cnn_tui.ui.actions import APP
from cnn_tui.ui.backend import Backend
from cnn_tui.ui.palette import ActionProvider
from cnn_tui.ui.screens.dialogs import Confirm, Wait
from cnn_tui.ui.screens.help import HelpScreen
from cnn_tui.ui.screens.new_run import NewRunScreen

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerChoice, MarkerName

LOG = "train.log"
RUNS = "runs"
"""The name of the screen that lists them."""


@dataclass
class RunCreated(Message):
    """A run of this process has its directory."""

    run: Path


@dataclass
class RunEnded(Message):
    """The training thread is free again; ``problem`` if no run could be started."""

    problem: str | None


class CnnTuiApp(App[int]):
    """The workbench. The new-run screen lies below all others."""

    TITLE = "cnn-tui"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/new_run.tcss"]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        ActionProvider
    }
    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in APP]

    def __init__(
        self,
        *,
        runs_folder: Path,
        data_dir: Path | None = None,
        marker: "MarkerChoice" = "auto",
        open_run: Path | None = None,
        keep_output: Callable[[Path], None] | None = None,
    ) -> None:
        """``keep_output`` is told which file stray output belongs to."""
        super().__init__()
        self.backend = Backend(runs_folder, data_dir)
        self._runs_folder = runs_folder
        self._marker_choice = marker
        self._open_run = open_run
        self._keep_output = keep_output
        self._new_run = NewRunScreen(runs_folder)
        self._is_leaving = False
        self.animation_level = "none"

    @cached_property
    def marker(self) -> "MarkerName":
        """The kind of glyphs that this terminal shows."""
        from cnn_tui.ui.charts import choose_marker

        return choose_marker(self._marker_choice, os.environ.get("TERM", ""))

    async def on_mount(self) -> None:
        """Shows the run that was asked for; what takes time comes after the paint."""
        self.begin_capture_print(self)
        await self.push_screen(self._new_run)
        if self._open_run is not None:
            self.open_run(self._open_run)
        self.call_after_refresh(self._warm_up)

    def on_print(self, event: events.Print) -> None:
        """Sends what a thread printed where other output goes."""
        os.write(1, event.text.encode(errors="replace"))

    def open_run(self, run: Path) -> None:
        """Shows a run in the dashboard; one that is below is uncovered."""
        from cnn_tui.ui.screens.dashboard import DashboardScreen

        for screen in self.screen_stack:
            if isinstance(screen, DashboardScreen) and screen.run.path == run:
                self._uncover(screen)
                return
        self.push_screen(DashboardScreen(run, self.marker))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides the ways to the screen that is there."""
        if action == "new_run":
            return self.screen is not self._new_run
        return not (action == "show_runs" and self.screen.name == RUNS)

    def action_new_run(self) -> None:
        """Shows the new-run screen, or says why no run can be started now."""
        if self.backend.is_busy:
            self.notify(self._busy_sentence(), severity="warning", markup=False)
        else:
            self._uncover(self._new_run)

    def action_show_runs(self) -> None:
        """Shows the list of runs."""
        from cnn_tui.ui.screens.runs import RunsScreen

        for screen in self.screen_stack:
            if screen.name == RUNS:
                self._uncover(screen)
                return
        self.push_screen(RunsScreen(self._runs_folder, self.marker, name=RUNS))

    def action_show_help(self) -> None:
        """Shows all keys."""
        self.push_screen(HelpScreen())

    async def action_quit(self) -> None:
        """Leaves; asks where this process trains."""
        if not self.backend.is_busy:
            self.exit(0)
            return
        question = Confirm(
            f"{self._training_name()} is training",
            explanation="What it has learned is saved, and it can go on later.",
            key="s",
            doing="stop and save at the next batch, then leave",
        )
        self.push_screen(question, self._leave)

    def on_new_run_screen_start_requested(
        self, message: NewRunScreen.StartRequested
    ) -> None:
        """Starts a run, unless one is there."""
        if self.backend.is_busy:
            self._new_run.start_failed(self._busy_sentence())
            return
        self.backend.start(
            message.config,
            preset=message.preset,
            name=message.name,
            on_created=lambda run: self.post_message(RunCreated(run)),
            on_ended=lambda problem: self.post_message(RunEnded(problem)),
        )

    def on_run_created(self, message: RunCreated) -> None:
        """Shows the run that was started."""
        if self._keep_output:
            self._keep_output(message.run / LOG)
        self.open_run(message.run)
        if self._is_leaving:
            self._stop(message.run)

    def on_run_ended(self, message: RunEnded) -> None:
        """Leaves if that was waited for; the dashboard shows how the run ended."""
        if self._is_leaving:
            self.exit(0)
        elif message.problem is not None:
            self._new_run.start_failed(message.problem)

    def on_dashboard_screen_left(self) -> None:
        """Goes back to what lies below; not to a form that cannot start anything."""
        if self.screen_stack[-2] is self._new_run:
            self.action_new_run()
        else:
            self.pop_screen()

    def _warm_up(self) -> None:
        self.add_class(f"-{self.marker}")
        self.backend.warm_up()

    def _leave(self, yes: bool | None) -> None:
        if not yes:
            return
        self._is_leaving = True
        self.push_screen(
            Wait("Stopping…", "The program ends when the last checkpoint is saved.")
        )
        if self.backend.training is not None:
            self._stop(self.backend.training)
        elif not self.backend.is_busy:
            self.exit(0)

    def _stop(self, run: Path) -> None:
        from cnn_tui.runs import mailbox

        try:
            mailbox.send(run, "stop")
        except CnnTuiError as error:
            self.notify(str(error), severity="error", markup=False)

    def _busy_sentence(self) -> str:
        return f"{self._training_name()} is training in this process: stop it first"

    def _training_name(self) -> str:
        training = self.backend.training
        return training.name if training else "a run"

    def _uncover(self, screen: Screen[Any]) -> None:
        while self.screen is not screen:
            self.pop_screen()


def run_app(
    *,
    runs_folder: Path,
    data_dir: Path | None,
    marker: "MarkerChoice",
    open_run: Path | None = None,
) -> int:
    """Runs the application in this terminal; returns the exit code."""
    process.keep_terminal_for_screen()
    app = CnnTuiApp(
        runs_folder=runs_folder,
        data_dir=data_dir,
        marker=marker,
        open_run=open_run,
        keep_output=process.send_output_to,
    )
    return app.run() or 0
