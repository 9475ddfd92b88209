"""The Textual application: which screen is shown, and what may be left when."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.command import Provider
from textual.message import Message
from textual.screen import Screen

from cnn_tui.host import terminal
from cnn_tui.host.viewing import looks_only
from cnn_tui.pictures.depth import AUTO
from cnn_tui.preferences import preferences
from cnn_tui.text import printable
from cnn_tui.ui.actions import APP, DETACH_ANYWHERE
from cnn_tui.ui.backend import Backend, Ending, Resumption
from cnn_tui.ui.background import BackgroundStarts
from cnn_tui.ui.foreign_runs import is_foreign
from cnn_tui.ui.leaving import Leaving
from cnn_tui.ui.noticing import Noticing
from cnn_tui.ui.opening import OpensScreens
from cnn_tui.ui.palette import ActionProvider
from cnn_tui.ui.preferring import take_preferences
from cnn_tui.ui.screens.dialogs import Wait
from cnn_tui.ui.screens.help import HelpScreen
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.type_ahead import TypeAhead

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerChoice
    from cnn_tui.ui.screens.forking import ForkRequested
    from cnn_tui.ui.screens.resuming import ResumeRequested
    from cnn_tui.ui.sweep_requested import PresetOffered
    from cnn_tui.ui.widgets.run_list import RunList

RUNS = "runs"
"""The name of the screen that lists them."""


@dataclass
class RunCreated(Message):
    """A run of this process has its directory."""

    run: Path


@dataclass
class RunEnded(Message):
    """The training thread is free again."""

    ending: Ending


@dataclass
class Terminated(Message):
    """A signal asked the program to end, and the training has ended."""

    signal: int


class CnnTuiApp(OpensScreens):
    """The workbench. What is opened later lies on top; the new-run screen below all."""

    TITLE = "cnn-tui"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/new_run.tcss"]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        ActionProvider
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        action.binding() for action in (*APP, DETACH_ANYWHERE)
    ]

    def __init__(
        self,
        *,
        runs_folder: Path,
        data_dir: Path | None = None,
        marker: "MarkerChoice" = "auto",
        pictures: str = AUTO,
        open_run: Path | None = None,
        open_sweep: str | None = None,
        keep_output: Callable[[Path], None] | None = None,
    ) -> None:
        """``keep_output`` is told which run stray output belongs to."""
        super().__init__(Backend(runs_folder, data_dir), marker, pictures)
        self._background = BackgroundStarts(
            self, self.backend, self.open_run, self._show_problem
        )
        self._leaving = Leaving(self, self.backend)
        self._noticing = Noticing(self, preferences().notices)
        self._runs_folder = runs_folder
        self._open_run = open_run
        self._open_sweep = open_sweep
        self._keep_output = keep_output
        self._new_run = NewRunScreen(runs_folder, data_dir=data_dir, depth=self.depth)
        self.typed = TypeAhead(self, super().on_event)
        self._resuming: Path | None = None
        self.animation_level = "none"

    def on_mount(self) -> None:
        """Shows the run that was asked for; what takes time comes after the paint."""
        terminal.take_sizes_in_order()
        self.begin_capture_print(self)
        take_preferences(self)
        if self._open_run is not None:
            self.open_run(self._open_run)
        elif self._open_sweep is not None:
            self.show_sweep(self._open_sweep)
        else:
            self.push_screen(self._new_run)
            if looks_only():
                self.action_show_runs()
        self.call_after_refresh(lambda: self.add_class(f"-{self.marker}"))

    async def on_event(self, event: events.Event) -> None:
        """Takes in an event; what was typed waits until it can be understood."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.typed.take(event)
        else:
            await super().on_event(event)

    def on_print(self, event: events.Print) -> None:
        """Sends what a thread printed where other output goes."""
        os.write(1, event.text.encode(errors="replace"))

    def open_run(self, run: Path) -> None:
        """Shows a run in the dashboard; one that is below is uncovered."""
        from cnn_tui.ui.screens.dashboard import DashboardScreen

        self._noticing.watch(run)
        for screen in self.screen_stack:
            if isinstance(screen, DashboardScreen) and screen.run.path == run:
                self._uncover(screen)
                screen.poll()
                return
        self.push_screen(DashboardScreen(run, self.marker))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides the ways to the screen that is there, and from a run that is not."""
        if action == "detach_anywhere":
            return self.backend.is_busy
        if action == "new_run":
            return self.screen is not self._new_run
        return not (action == "show_runs" and self.screen.name == RUNS)

    def action_new_run(self) -> None:
        """Shows the new-run screen."""
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
        """Shows all keys, first those that work now."""
        bindings = [found.binding for found in self.screen.active_bindings.values()]
        self.push_screen(HelpScreen({(key.action, key.tooltip) for key in bindings}))

    async def action_quit(self) -> None:
        """Leaves; asks where this process trains."""
        self._leaving.ask()

    def action_detach_anywhere(self) -> None:
        """Leaves the run of this process to the background."""
        self._leaving.detach()

    def on_drafting_screen_loaded(self) -> None:
        """Imports torch, which takes seconds, once the form can be used."""
        self.backend.warm_up()

    def on_new_run_screen_start_requested(
        self, message: NewRunScreen.StartRequested
    ) -> None:
        """Starts a run here, or in the background where one trains here already."""
        if message.background or self.backend.is_busy:
            self._background.start(message)
            return
        self.backend.start(
            message.config,
            preset=message.preset,
            name=message.name,
            on_run=self._tell_created,
            on_ended=self._tell_ended,
            on_told=lambda text: self.call_later(self._new_run.start_goes_on, text),
        )

    def on_resume_requested(self, message: "ResumeRequested") -> None:
        """Asks how a run is to go on, unless this process is at it."""
        from cnn_tui.ui.screens.resuming import ask_how

        if message.run in (self._resuming, self.backend.training):
            self.open_run(message.run)
        elif not is_foreign(self, message.run):
            ask_how(self, message, self._resume)

    def on_fork_requested(self, message: "ForkRequested") -> None:
        """Makes a new run of a part of another one, and goes on with it."""
        run = printable(message.run.name)
        self.notify(f"forking {run} at {message.step:,}…", markup=False)
        self._background.fork(message, lambda made: self._resume(Resumption(run=made)))

    def on_preset_offered(self, message: "PresetOffered") -> None:
        """Shows a file in the form."""
        self._new_run.offer(message.path)
        self.action_new_run()

    def on_run_list_opened(self, message: "RunList.Opened") -> None:
        """Shows a run of the list."""
        self.open_run(message.path)

    def on_steering_screen_detached(self) -> None:
        """Leaves; a run of this process is handed over first."""
        self._leaving.detach()

    def on_run_created(self, message: RunCreated) -> None:
        """Shows the run that was started, or that nobody in the background took."""
        if self._keep_output:
            self._keep_output(message.run)
        self._resuming = None
        self.open_run(message.run)
        if self._leaving.is_stopping:
            self._leaving.stop(message.run)

    def on_run_ended(self, message: RunEnded) -> None:
        """Leaves if that was waited for; the dashboard shows how the run ended."""
        self._resuming = None
        if message.ending.left is not None or self._leaving.is_stopping:
            self.exit(0)
        elif message.ending.problem is not None:
            if isinstance(self.screen, Wait):  # there is nothing to hand over
                self.pop_screen()
            self._show_problem(message.ending.problem)

    def on_terminated(self, message: Terminated) -> None:
        """Leaves as a signal asked for."""
        self.exit(128 + message.signal)

    def on_dashboard_screen_left(self) -> None:
        """Goes back to what lies below, or to the new-run screen."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.action_new_run()

    def _resume(self, wanted: Resumption) -> None:
        """Resumes a run here, or in the background where one trains here already."""
        if self.backend.is_busy:
            self._background.offer_resume(wanted)
            return
        self._resuming = wanted.run
        self.notify(f"resuming {printable(wanted.run.name)}…", markup=False)
        self.backend.resume(
            wanted, on_run=self._tell_created, on_ended=self._tell_ended
        )

    def _show_problem(self, problem: str) -> None:
        if self._new_run.is_starting:
            self._new_run.start_failed(problem)
        else:
            self.notify(problem, severity="error", markup=False)

    def _tell_created(self, run: Path) -> None:
        self.post_message(RunCreated(run))

    def _tell_ended(self, ending: Ending) -> None:
        self.post_message(RunEnded(ending))

    def _uncover(self, screen: Screen[Any]) -> None:
        while self.screen is not screen and len(self.screen_stack) > 1:
            self.pop_screen()
        if self.screen is not screen:
            self.push_screen(screen)
