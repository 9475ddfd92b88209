"""What people do with the selected run of a list: go on, write about it, delete it."""

from collections.abc import Callable
from pathlib import Path

from textual import work
from textual.screen import Screen

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.annotations import annotate, note_problem, tags_of, tags_problem
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.trash import restore, throw_away
from cnn_tui.text import printable
from cnn_tui.ui.export_requested import ExportRequested
from cnn_tui.ui.looking import LookRequested
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.screens.forking import ask_fork
from cnn_tui.ui.screens.resuming import ResumeRequested
from cnn_tui.ui.sweep_requested import ask_sweep
from cnn_tui.ui.widgets.run_list import RunList


class Annotating(Screen[None]):
    """A list of runs, of which the selected one is gone on with, or written about."""

    def __init__(self, name: str) -> None:
        """Nothing is deleted yet."""
        super().__init__(name)
        self._undo: list[tuple[Path, Callable[[], object]]] = []
        """What takes back what was deleted here, each with the run's path."""

    def reread(self, run: Path) -> None:
        """Is called when files of a run were changed here."""
        raise NotImplementedError

    def action_resume_run(self) -> None:
        """Goes on with the selected run."""
        if (run := self._current) is not None:
            self.post_message(ResumeRequested(run.path))

    def action_fork_run(self) -> None:
        """Goes on from the selected run as a new one."""
        if (run := self._current) is not None:
            ask_fork(self, run.path, None)

    def action_look_inside(self) -> None:
        """Shows the network of the selected run from inside."""
        if (run := self._current) is not None:
            self.post_message(LookRequested(run.path))

    def action_export(self) -> None:
        """Writes the selected run for other programs."""
        if (run := self._current) is not None:
            self.post_message(ExportRequested(run.path))

    def action_show_sweep(self) -> None:
        """Shows the sweep of the selected run, or any."""
        ask_sweep(self, self._current.path if self._current else None)

    def action_note(self) -> None:
        """Asks for a note."""
        if (run := self._current) is None:
            return

        def take(text: str | None) -> None:
            if text is not None:
                self._do(run.path, lambda: annotate(run.path, note=text.strip()))

        title = f"A note about {printable(run.id)}"
        ask = AskText(title, prompt="", value=run.written.note, check=note_problem)
        self.app.push_screen(ask, take)

    def action_tags(self) -> None:
        """Asks for the tags."""
        if (run := self._current) is None:
            return

        def take(text: str | None) -> None:
            if text is not None:
                self._do(run.path, lambda: annotate(run.path, tags=tags_of(text)))

        self.app.push_screen(
            AskText(
                f"Tags of {printable(run.id)}",
                prompt="words, with blanks between them",
                value=" ".join(run.written.tags),
                check=tags_problem,
            ),
            take,
        )

    def action_pin(self) -> None:
        """Keeps the selected run at the top, or no longer."""
        if (run := self._current) is not None:
            pinned = not run.written.pinned
            self._do(run.path, lambda: annotate(run.path, pinned=pinned))

    def action_delete(self) -> None:
        """Moves the selected run into the trash."""
        if (run := self._current) is None:
            return

        def delete() -> None:
            place = throw_away(run.path)
            folder = place.parent.parent

            def take_back() -> None:
                restore(folder, place.name)
                self._tell(f"{printable(place.name)} is back from the trash")

            self._undo.append((folder / place.name, take_back))
            self._tell(f"{printable(run.id)} is in the trash; u takes it out again")

        self._do(run.path, delete)

    def action_undo_delete(self) -> None:
        """Takes the last deleted run out of the trash, or back into the queue."""
        if not self._undo:
            self.notify("nothing was deleted here; cnn-tui trash lists what was")
            return
        run, take_back = self._undo.pop()

        def undo() -> None:
            take_back()
            self.app.call_from_thread(self.query_one(RunList).select, run)

        self._do(run, undo)

    @property
    def _current(self) -> RunSummary | None:
        return self.query_one(RunList).current

    @work(thread=True)
    def _do(self, run: Path, change: Callable[[], object]) -> None:
        """Changes files, which may be on a slow disk."""
        try:
            change()
        except RunDirectoryError as error:
            self._tell(str(error), is_problem=True)
        self.app.call_from_thread(self.reread, run)

    def _tell(self, sentence: str, *, is_problem: bool = False) -> None:
        severity = "error" if is_problem else "information"
        self.app.call_from_thread(
            self.notify, sentence, severity=severity, markup=False
        )
