"""Sentences below the status line: how the run ended, and what could not be read."""

from collections.abc import Sequence

from textual import events
from textual.content import Content

from cnn_tui.ui.glyphs import STATE_STYLES
from cnn_tui.ui.widgets.lines import Lines


class Notices(Lines):
    """One line for each sentence; no line where there is nothing to say."""

    DEFAULT_CSS = "Notices { height: 0; overflow: hidden; }"
    hanging_indent = 2

    def show_run(
        self, state: str, outcome: str | None, warnings: Sequence[str]
    ) -> None:
        """Shows how a run in ``state`` ended, and what is wrong with it."""
        lines = [Content.styled(text, "$text-warning") for text in warnings]
        if outcome is not None:
            lines.insert(0, Content.styled(outcome, STATE_STYLES.get(state, "")))
        self.show(lines)
        self._take_height()

    def on_resize(self, event: events.Resize) -> None:
        """Takes the rows that the sentences need in this width."""
        super().on_resize(event)
        self._take_height()

    def _take_height(self) -> None:
        self.styles.height = len(self._rows)
