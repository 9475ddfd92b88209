"""A screen that asks about a network, and says so where an answer takes a while."""

from collections.abc import Awaitable, Callable

from textual.screen import Screen
from textual.worker import Worker

from cnn_tui.errors import CnnTuiError
from cnn_tui.text import count
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.type_ahead import READING

UNHURRIED_SECONDS = 0.2
"""Answers that come sooner are not announced."""


class InquiryScreen(Screen[None]):
    """Shows what it has until there is an answer; questions withdraw older ones.

    Attributes:
        doing: What is being worked out, by the kind of question.
        problem: Why there was no answer.
    """

    def __init__(self, looking: Looking) -> None:
        """Asks through ``looking``."""
        super().__init__()
        self.looking = looking
        self.doing: dict[str, str] = {}
        self.problem = ""

    def show_words(self) -> None:
        """Is called when there is something else to say."""

    def inquire(
        self,
        kind: str,
        doing: str,
        asking: Callable[[], Awaitable[None]],
        *,
        is_aside: bool = False,
    ) -> None:
        """Asks, and withdraws what was asked of that kind; ``doing`` names it.

        An older problem is no longer said, unless this is aside: nobody asked for it.
        """
        if not is_aside:
            self.problem = ""

        async def inquiry() -> None:
            timer = self.set_timer(UNHURRIED_SECONDS, lambda: self.say(kind, doing))
            try:
                await asking()
            except CnnTuiError as error:
                self.problem = str(error)
            finally:
                timer.stop()
                self.doing.pop(kind, None)
            self.show_words()

        _: Worker[None] = self.run_worker(
            inquiry, group=f"{READING} {kind}", exclusive=True
        )

    def say(self, kind: str, doing: str) -> None:
        """Says what is being worked out."""
        self.doing[kind] = doing
        self.show_words()

    def teller(self, kind: str, doing: str) -> Callable[[int, int], None]:
        """Returns what says how far a long answer is."""
        return lambda done, total: self.say(
            kind, f"{doing}, {count(done)} of {count(total)} pictures"
        )
