"""Where text is typed."""

from textual.reactive import reactive
from textual.widgets import Input

_WIDTH_STEP = 14


class TextInput(Input):
    """An input that does not blink and seldom changes its inner width.

    Textual lays out the whole screen again when the width changes, which no key press
    can wait for.
    """

    cursor_blink = reactive(False, init=False)
    """Whether the cursor blinks: each blink is sent over the line."""

    @property
    def content_width(self) -> int:
        """The width of the text and the cursor, rounded up."""
        return -(-super().content_width // _WIDTH_STEP) * _WIDTH_STEP
