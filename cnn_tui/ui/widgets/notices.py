"""Sentences below the status line: how the run ended, and what could not be read."""

from collections.abc import Sequence

from textual.content import Content

from cnn_tui.ui.glyphs import STATE_STYLES
from cnn_tui.ui.widgets.lines import Lines


class Notices(Lines):
    """One line for each sentence; no line where there is nothing to say."""

    DEFAULT_CSS = "Notices { height: 0; overflow: hidden; }"

    def show_run(
        self, state: str, outcome: str | None, problems: Sequence[str]
    ) -> None:
        """Shows how a run in ``state`` ended, and what is wrong with its files."""
        lines = [Content.styled(text, "$text-warning") for text in problems]
        if outcome is not None:
            lines.insert(0, Content.styled(outcome, STATE_STYLES.get(state, "")))
        self.styles.height = len(lines)
        self.show(lines)
