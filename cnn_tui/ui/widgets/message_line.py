"""A sentence at the bottom of a screen, or nothing."""

from textual.widgets import Static


class MessageLine(Static):
    """What is going on, or what went wrong; it takes no room while it is silent."""

    DEFAULT_CSS = """
    MessageLine {
        display: none;
        height: auto;
        max-height: 3;
        padding: 0 1;
        color: $text-accent;
        &.-error { color: $text-error; }
    }
    """

    def __init__(self) -> None:
        """Says nothing yet; text is literal."""
        super().__init__(markup=False)

    def say(self, sentence: str) -> None:
        """Says what is going on."""
        self._show(sentence, is_error=False)

    def complain(self, sentence: str) -> None:
        """Says what went wrong."""
        self._show(f"✗ {sentence}", is_error=True)

    def clear(self) -> None:
        """Is silent."""
        self.display = False

    def _show(self, sentence: str, *, is_error: bool) -> None:
        self.update(sentence)
        self.set_class(is_error, "-error")
        self.display = True
