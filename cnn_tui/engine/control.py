"""How signals and screens of this process reach the training thread."""

import math
import time


class Control:
    """Plain flags, so that a signal handler may set them at any instant.

    Everything that a person does to a run goes through its mailbox instead; this is
    for what concerns the process.
    """

    def __init__(self) -> None:
        """Asks for nothing."""
        self.interrupted_by: str | None = None
        self.handing_over = False
        self.can_hand_over = False
        self.patience_seconds = math.inf
        """How long a run waits for room on the disk before it fails."""

    def interrupt(self, reason: str) -> None:
        """Asks the run to checkpoint and end as interrupted."""
        self.interrupted_by = reason

    def hand_over(self) -> None:
        """Asks the run to checkpoint and leave itself to another process."""
        self.handing_over = True


class Stopwatch:
    """Counts the seconds in which a run trains, pauses excluded."""

    def __init__(self, seconds: float = 0.0) -> None:
        """Stands still at ``seconds``."""
        self._seconds = seconds
        self._started: float | None = None

    @property
    def seconds(self) -> float:
        """The seconds counted so far."""
        if self._started is None:
            return self._seconds
        return self._seconds + time.monotonic() - self._started

    def start(self) -> None:
        """Goes on counting."""
        if self._started is None:
            self._started = time.monotonic()

    def stop(self) -> None:
        """Stands still."""
        self._seconds, self._started = self.seconds, None

    def reset(self, seconds: float) -> None:
        """Goes back or forth to ``seconds``, running or not as before."""
        self._seconds = seconds
        if self._started is not None:
            self._started = time.monotonic()
