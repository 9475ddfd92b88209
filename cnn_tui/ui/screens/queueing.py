"""What people do in a list of runs with those that wait in the queue."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.queued import is_paused
from cnn_tui.text import printable
from cnn_tui.ui.actions import QUEUE
from cnn_tui.ui.screens.annotating import Annotating
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.run_list import RunList

if TYPE_CHECKING:
    from cnn_tui.jobs import Place

_OF_RUNS = frozenset(
    {
        *("resume_run", "look_inside", "export", "fork_run", "mark_run"),
        *("note", "tags", "pin"),
    }
)
_OF_JOBS = frozenset({"sooner", "later", "pause_queue"})


class JobLines(Lines, can_focus=True):
    """The file of a job."""


class JobScreen(ModalScreen[None]):
    """Shows what a run of the queue is asked to do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "back")
    ]

    def __init__(self, title: str, text: str) -> None:
        """Shows the ``text`` of its file."""
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Makes one text that scrolls."""
        yield JobLines()

    def on_mount(self) -> None:
        """Fills it."""
        lines = self.query_one(JobLines)
        lines.border_title = Content(self._title)
        lines.show([Content(printable(line)) for line in self._text.splitlines()])


class Queueing(Annotating):
    """A list in which runs wait, too: moved, cancelled, shown; nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in QUEUE]

    def __init__(self, folder: Path, name: str) -> None:
        """Changes the queue of ``folder``."""
        super().__init__(name)
        self._folder = folder
        self._is_on_job = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tells what there is for the selected run."""
        if action in _OF_JOBS:
            return self._is_on_job
        return not (action in _OF_RUNS and self._is_on_job)

    def begun(self, run: RunSummary | None) -> RunSummary | None:
        """Takes in which run is selected; returns it if it has a directory."""
        is_job = run is not None and run.is_job
        if is_job != self._is_on_job:
            self._is_on_job = is_job
            self.refresh_bindings()
        return None if is_job else run

    @on(RunList.Opened)
    def _show_job(self, event: RunList.Opened) -> None:
        run = self._current
        if run is None or not run.is_job:
            return
        event.stop()
        from cnn_tui.jobs import encode_job, find_job

        found = find_job(self._folder, run.id)
        if found is None:  # it begins at this moment
            self.reread(run.path)
        elif found.job is None:
            self.notify(found.problem or "", severity="error", markup=False)
        else:
            text = encode_job(found.job)
            self.app.push_screen(JobScreen(printable(found.path), text))

    def action_sooner(self) -> None:
        """Moves the selected run of the queue up by one place."""
        self._move("up")

    def action_later(self) -> None:
        """Moves the selected run of the queue down by one place."""
        self._move("down")

    def _move(self, to: "Place") -> None:
        from cnn_tui.jobs import move_job

        if (run := self._current) is None:
            return

        def move() -> None:
            place = move_job(self._folder, run.id, to)
            self._tell(f"{printable(run.id)} is number {place} in the queue")

        self._do(run.path, move)

    def action_delete(self) -> None:
        """Moves a run into the trash; takes one of the queue out of it."""
        from cnn_tui.jobs import cancel_job, ensure_worker, restore_job

        run = self._current
        if run is None or not run.is_job:
            super().action_delete()
            return

        def cancel() -> None:
            cancelled = cancel_job(self._folder, run.id)

            def put_back() -> None:
                restore_job(self._folder, cancelled)
                ensure_worker(self._folder)

            self._undo.append((run.path, put_back))
            self._tell(f"{printable(run.id)} is cancelled; u puts it back")

        self._do(run.path, cancel)

    def action_pause_queue(self) -> None:
        """Lets nothing begin, or lets the queue go on."""
        from cnn_tui.jobs import ensure_worker, pause_queue, resume_queue

        if (run := self._current) is None:
            return

        def change() -> None:
            if is_paused(self._folder):
                resume_queue(self._folder)
                ensure_worker(self._folder)
                self._tell("the queue goes on")
            else:
                pause_queue(self._folder)
                self._tell("the queue is paused; P lets it go on")

        self._do(run.path, change)
