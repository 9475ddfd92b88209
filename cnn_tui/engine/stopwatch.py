"""The clock of a run: the seconds in which it trains."""

import time
from collections.abc import Callable


class Stopwatch:
    """Counts seconds, pauses excluded. Any thread may read it."""

    def __init__(
        self, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Stands still at ``seconds``."""
        self._clock = clock
        self._counted: tuple[float, float | None] = (seconds, None)
        """The seconds before it last started, and when that was: replaced as one."""

    @property
    def seconds(self) -> float:
        """The seconds counted so far."""
        seconds, started = self._counted
        return seconds if started is None else seconds + self._clock() - started

    def start(self) -> None:
        """Goes on counting."""
        seconds, started = self._counted
        if started is None:
            self._counted = seconds, self._clock()

    def stop(self) -> None:
        """Stands still."""
        self._counted = self.seconds, None

    def reset(self, seconds: float) -> None:
        """Goes back or forth to ``seconds``, running or not as before."""
        _, started = self._counted
        self._counted = seconds, None if started is None else self._clock()
