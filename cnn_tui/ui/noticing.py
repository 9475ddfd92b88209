"""Ringing for a person who has the program open and looks elsewhere."""

from pathlib import Path
from typing import Any

from textual.app import App

from cnn_tui.notices import Watched, sentence, terminal_bytes
from cnn_tui.preferences import NoticePreferences

LOOK_SECONDS = 2.0


class Noticing:
    """Watches the runs that were opened, whichever screen is on top."""

    def __init__(self, app: App[Any], wanted: NoticePreferences) -> None:
        """Watches none yet."""
        self._app = app
        self._wanted = wanted
        self._watched: dict[Path, Watched] = {}

    def watch(self, run: Path) -> None:
        """Watches one more run, from now on."""
        if not self._watched:
            self._app.set_interval(LOOK_SECONDS, self.look)
        if run not in self._watched:
            self._watched[run] = Watched(run)

    def look(self) -> None:
        """Rings for each run that has just ended, or paused by itself."""
        for watched in self._watched.values():
            if (status := watched.look()) is not None:
                self._send(terminal_bytes(self._wanted, sentence(status)))

    def _send(self, sequence: str) -> None:
        # As App.bell does it: there is no public way to send something else.
        if sequence and not self._app.is_headless and self._app._driver is not None:
            self._app._driver.write(sequence)
