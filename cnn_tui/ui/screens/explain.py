"""The page of a layer: formulas filled in, its windows drawn, and what it sees."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from cnn_tui.pictures.depth import Depth
from cnn_tui.ui.actions import EXPLAIN
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.picture_view import PictureView

if TYPE_CHECKING:
    import numpy as np

    from cnn_tui.layers import Stage

_OTHER_LINES = 3
"""Title, captions and keys."""
_LEAST_PICTURE_LINES = 4


class ExplainScreen(Screen[str]):
    """One layer after the other; returns the number of the last that was shown."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in EXPLAIN]
    DEFAULT_CSS = """
    ExplainScreen {
        & #layer { height: 1; background: $panel; padding: 0 1; }
        & #captions { height: 1; color: $foreground 60%; margin: 0 1; }
        & #drawing { margin: 0 1; }
        & #words { height: 1fr; margin: 0 1; }
    }
    """

    def __init__(
        self,
        stages: "Sequence[Stage]",
        at: int,
        image: "np.ndarray | None",
        depth: Depth,
    ) -> None:
        """Begins with the layer at an index; ``image`` is uint8 H×W×3, if there is."""
        super().__init__()
        self._stages = stages
        self._at = at
        self._image = image
        self._depth = depth

    def compose(self) -> ComposeResult:
        """Makes a title, pictures with captions, words and keys."""
        from cnn_tui.ui.explaining import HEADING_WIDTH

        yield Lines(id="layer")
        yield PictureView(self._depth, id="drawing")
        yield Lines(id="captions")
        words = Lines(id="words")
        words.hanging_indent = HEADING_WIDTH
        yield words
        yield KeyBar()

    def on_mount(self) -> None:
        """Shows the layer."""
        self._show()

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the room that there is now."""
        self.call_after_refresh(self._show)

    def action_go(self, step: int) -> None:
        """Goes to another layer, round at the ends."""
        self._at = (self._at + step) % len(self._stages)
        self._show()

    def action_leave(self) -> None:
        """Goes back to the table, to the layer that was shown last."""
        self.dismiss(self._stages[self._at].number)

    def _show(self) -> None:
        from cnn_tui.ui import explaining
        from cnn_tui.ui.explorer.maps import laid_out

        stage = self._stages[self._at]
        words = explaining.lines(stage)
        width = self.size.width - 2
        rows = sum(-(-(line.cell_length) // max(width - 1, 1)) for line in words)
        room = max(self.size.height - _OTHER_LINES - rows, _LEAST_PICTURE_LINES)
        drawn = list(explaining.sheets(stage, self._stages, self._image))
        pixels, captions = laid_out(drawn, 2 * room, width)
        self.query_one("#drawing", PictureView).show(pixels)
        self.query_one("#captions", Lines).show([Content(captions)])
        self.query_one("#words", Lines).show(words)
        title = explaining.title(stage, self._stages)
        self.query_one("#layer", Lines).show([Content(title)])
