"""What happened, newest last."""

from collections.abc import Sequence
from itertools import takewhile

from textual.content import Content

from cnn_tui.runs.events import Event
from cnn_tui.text import count
from cnn_tui.ui.sentences import event_sentence
from cnn_tui.ui.widgets.lines import Lines

MAX_LINES = 1000

_STYLES = {
    "checkpoint_saved": "$foreground 60%",
    "failed": "$text-error",
    "non_finite": "$text-error",
    "loss_exploded": "$text-error",
    "rejected": "$text-warning",
    "hyperparameter_changed": "$text-accent",
    "rolled_back": "$text-warning",
    "finished": "$text-success",
}


class EventLog(Lines, can_focus=True):
    """The last events of a run; it stays at the end unless scrolled away."""

    BORDER_TITLE = "Events"

    follows_end = True
    hanging_indent = 20
    _last: Event | None = None

    def show_events(self, events: Sequence[Event]) -> None:
        """Adds the events that are new; they are the same objects from call to call."""
        new = list(takewhile(lambda event: event is not self._last, reversed(events)))
        if not new:
            return
        self._last = new[0]
        self.border_title = f"Events · {count(len(events))}"
        self.show([*self._lines, *map(_line, reversed(new))][-MAX_LINES:])


def _line(event: Event) -> Content:
    return Content.assemble(
        (f"{event.at:%H:%M:%S}", "$foreground 60%"),
        f" {count(event.step):>9}  ",
        (event_sentence(event), _STYLES.get(event.name, "")),
    )
