"""The batch of an update that was made again: its pictures, the largest loss first."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from cnn_tui.look.messages import Picture, Replayed
from cnn_tui.pictures.colours import from_image
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count, printable, significant
from cnn_tui.ui.actions import BATCH
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.thumbnails import Grid, grid, thumbnail_lines
from cnn_tui.ui.widgets.drawn_lines import DrawnLines
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines


class BatchScreen(Screen[None]):
    """Thumbnails of what an update saw, with the loss of each before it."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in BATCH]

    def __init__(self, looking: Looking, depth: Depth, replayed: Replayed) -> None:
        """Shows ``replayed``; a picture that is opened becomes that of ``looking``."""
        super().__init__()
        self._looking = looking
        self._depth = depth
        self._replayed = replayed
        self._order = (-replayed.losses).argsort(kind="stable").tolist()
        self._at = 0
        self._names: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Makes the title, the pictures, and a line about the selected one."""
        yield Lines(id="title")
        yield DrawnLines()
        yield Lines(id="selected")
        yield Lines(id="said")
        yield KeyBar()

    async def on_mount(self) -> None:
        """Learns the names of the classes."""
        self._names = (await self._looking.opened()).class_names
        why = self._replayed.not_exact
        note = "" if why is None else f"its last digits may differ: {why}"
        self.query_one("#said", Lines).show([Content.styled(note, "$text-warning")])
        self.call_after_refresh(self._draw)

    def on_resize(self, _event: events.Resize) -> None:
        """Fits the pictures into the room that there is now."""
        self.call_after_refresh(self._draw)

    def action_move(self, down: int, right: int) -> None:
        """Selects another picture; a page is ten down."""
        layout = self._layout
        by = down * layout.columns + right
        if abs(down) > 1:
            by = layout.size if down > 0 else -layout.size
        self._at = min(max(0, self._at + by), len(self._order) - 1)
        self._draw()

    def action_open(self) -> None:
        """Looks at the selected picture with the weights after the update."""
        image = self._replayed.images[self._order[self._at]]
        self._looking.picture = Picture(own=image)
        self.app.pop_screen()

    def action_back(self) -> None:
        """Goes back to the network, which has the weights after the update."""
        self.app.pop_screen()

    @property
    def _layout(self) -> Grid:
        size = self.query_one(DrawnLines).size
        return grid(size.width, size.height)

    def _draw(self) -> None:
        if not self._names:
            return
        found, layout = self._replayed, self._layout
        start = self._at // layout.size * layout.size
        page = self._order[start : start + layout.size]
        self.query_one(DrawnLines).show(
            thumbnail_lines(
                [from_image(found.images[place]) for place in page],
                [significant(float(found.losses[place])) for place in page],
                self._at - start,
                layout,
                self._depth,
            )
        )
        self.query_one("#title", Lines).show([self._title()])
        self.query_one("#selected", Lines).show([self._words(self._order[self._at])])

    def _title(self) -> Content:
        found = self._replayed
        mean = significant(float(found.losses.mean()), 4)
        return Content.assemble(
            (f"Update {count(found.step)}", "bold $accent"),
            f" · {count(len(found.losses))} pictures by loss · mean {mean} · "
            f"again from step {count(found.from_step)}",
        )

    def _words(self, place: int) -> Content:
        found = self._replayed
        label, taken = (
            printable(self._names[int(of[place])])
            for of in (found.labels, found.predicted)
        )
        loss = significant(float(found.losses[place]), 4)
        return Content(f"true {label} · taken for {taken} · loss {loss}")
