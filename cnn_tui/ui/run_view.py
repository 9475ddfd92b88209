"""One run as a screen sees it: what could be read of it, and what could not."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnn_tui.config import RunConfig
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.host.process import is_here
from cnn_tui.preflight.remembered import one_device_speed, read_known
from cnn_tui.runs.config import Foreign, read_config, read_foreign
from cnn_tui.runs.layout import LIVE, UNREADABLE, State
from cnn_tui.runs.liveness import HeartbeatWatch, shown_state, trainer_of
from cnn_tui.runs.rank_devices import RankRows, Together
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.text import count, printable
from cnn_tui.ui.run_settings import preset_values
from cnn_tui.ui.sentences import outcome


class RunView:
    """Follows a run directory; nothing that is wrong with it raises.

    Attributes:
        reader: Metrics, events and device rows.
        status: The last status that could be read.
        state: The word for its state; "lost", "silent" and "unreadable", too.
        config: None if ``config.yaml`` is damaged, or of another program.
        foreign: What another program says of its run; None if it is one of ours.
        preset: The values of the preset that the run comes from.
    """

    def __init__(self, path: Path) -> None:
        """Reads nothing yet."""
        self.path = path
        self.reader = RunReader(path)
        self.status: Status | None = None
        self.state = UNREADABLE
        self.config: RunConfig | None = None
        self.foreign: Foreign | None = None
        self.preset: Mapping[str, Any] = {}
        self._ranks = RankRows(path)
        self._one_device: float | None = None
        self._watch = HeartbeatWatch()
        self._problems: dict[str, str] = {}
        self._has_config = False

    def poll(self, budget_seconds: float) -> None:
        """Takes in what is new."""
        self.reader.poll(budget_seconds)
        self.look()
        if self.status and self.status.processes > 1:
            self._ranks.poll(self.status.processes)

    def look(self) -> None:
        """Takes in the status alone: what the run is, and what it can be told."""
        self._read_status()
        if self.status:
            silent_seconds = self._watch.silent_seconds(self.status)
            self.state = shown_state(self.status, silent_seconds)
        if self.status and not self._has_config:
            self._has_config = True
            self._read_config(self.status)

    @property
    def is_live(self) -> bool:
        """Whether somebody may still obey."""
        return self.state in LIVE or self.state == "silent"

    def obeys(self, command: str) -> bool:
        """Whether whoever trains it looks out for a command."""
        listens = self.status.obeys if self.status else None
        return listens is None or command in {word.split(" ")[0] for word in listens}

    @property
    def has_ended(self) -> bool:
        """Whether it is known, and somebody may go on with it."""
        return self.status is not None and not self.is_live

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self.status is not None and self.status.state is State.PAUSED

    @property
    def outcome(self) -> str | None:
        """How the run ended, or why it stands still."""
        return outcome(self.status, self.state, self.path) if self.status else None

    @property
    def together(self) -> Together | None:
        """The processes that train it, if they are several."""
        if self.status is None or self.status.processes == 1:
            return None
        return Together(
            processes=self.status.processes,
            images_per_second=self.status.images_per_second,
            one_device=self._one_device,
            ranks=self._ranks.newest,
        )

    @property
    def problems(self) -> list[str]:
        """Sentences about what could not be read."""
        found = list(self._problems.values())
        if self.reader.skipped:
            found.append(f"{count(self.reader.skipped)} damaged lines were left out")
        odd = self.reader.odd_files
        return [
            *found,
            *(f"{name} is no regular file, and is not read" for name in odd),
        ]

    def _read_status(self) -> None:
        try:
            status = self.reader.status()
        except RunDirectoryError as error:
            self._problems["status"] = str(error)
            return
        if status is not None:
            self.status = status
            self._problems.pop("status", None)
        elif os.path.isdir(self.path):
            self._problems["status"] = f"{printable(self.path)} has no status.json"
        else:
            self._problems["status"] = f"{printable(self.path)} is gone"

    def _read_config(self, status: Status) -> None:
        self.preset = preset_values(status)
        try:
            self.foreign = read_foreign(self.path)
            if self.foreign is None:
                self.config = read_config(self.path)
                trainer = trainer_of(status)
                if status.processes > 1 and trainer and is_here(trainer):
                    self._one_device = one_device_speed(self.config, read_known())
        except (ConfigError, RunDirectoryError) as error:
            self._problems["config"] = str(error)
