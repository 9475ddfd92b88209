"""Leaving the program while it trains: into the background, or with a checkpoint."""

from pathlib import Path
from typing import Any

from textual.app import App

from cnn_tui.errors import CnnTuiError
from cnn_tui.ui.backend import Backend
from cnn_tui.ui.screens.dialogs import Choose, Wait


class Leaving:
    """Asks what is to become of the run, and sees to it.

    Attributes:
        is_stopping: Whether the program ends when the run has.
    """

    def __init__(self, app: App[Any], backend: Backend) -> None:
        """Leaves nothing yet."""
        self._app = app
        self._backend = backend
        self.is_stopping = False

    def ask(self) -> None:
        """Leaves; asks where this process trains."""
        if not self._backend.is_busy:
            self._app.exit(0)
            return
        training = self._backend.training
        question = Choose(
            f"{training.name if training else 'a run'} is training",
            explanation="Either way, what it has learned is saved.",
            choices={
                "d": "detach: it goes on in the background",
                "s": "stop and save after this update",
            },
        )
        self._app.push_screen(question, self._leave)

    def detach(self) -> None:
        """Leaves; a run of this process is handed over first."""
        self._leave("d")

    def stop(self, run: Path) -> None:
        """Asks a run of this process to save itself and end."""
        from cnn_tui.runs import mailbox

        try:
            mailbox.send(run, "stop")
        except CnnTuiError as error:
            self._app.notify(str(error), severity="error", markup=False)

    def _leave(self, key: str | None) -> None:
        if key and not self._backend.is_busy:
            self._app.exit(0)
        elif key == "d":
            self._app.push_screen(Wait("Detaching…", "The run is handed over."))
            self._backend.hand_over()
        elif key == "s":
            self.is_stopping = True
            self._app.push_screen(
                Wait("Stopping…", "The program ends when the last checkpoint is saved.")
            )
            if self._backend.training is not None:
                self.stop(self._backend.training)
            else:  # nothing is learned yet: its images may take long to come
                self._backend.interrupt("SIGINT")
