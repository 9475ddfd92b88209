"""One picture, large: what the network says of it, and what is most like it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from cnn_tui.datasets.corrections import PictureId
from cnn_tui.datasets.form import Part
from cnn_tui.look import messages as ask
from cnn_tui.pictures.canvas import fitted
from cnn_tui.pictures.colours import Pixels, from_image
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import NOT_FINITE, count, percent, printable, significant
from cnn_tui.ui.actions import PICTURE
from cnn_tui.ui.glyphs import known
from cnn_tui.ui.looking import Looking, LookInside
from cnn_tui.ui.marks import MarkBook
from cnn_tui.ui.screens.asking import MarkingScreen
from cnn_tui.ui.thumbnails import Grid, strip, thumbnail_lines
from cnn_tui.ui.widgets.drawn_lines import DrawnLines
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.picture_view import PictureView

NEIGHBOURS = 8
_BAR_WIDTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """The nearest training pictures."""

    found: ask.Neighbours
    pixels: list[Pixels]
    ids: tuple[PictureId, ...]


class PictureScreen(MarkingScreen):
    """A picture, its probabilities, and its neighbours in the last hidden layer."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in PICTURE]

    def __init__(
        self, looking: Looking, depth: Depth, book: MarkBook, picture: ask.Picture
    ) -> None:
        """Shows ``picture``, which is one of the data set."""
        super().__init__(looking, depth, book)
        self.picture = picture
        self._seen: ask.Seen | None = None
        self._named: PictureId | None = None
        self._around: _Around | None = None
        self._at = -1
        """The neighbour that is selected; −1 is the picture itself."""

    def compose(self) -> ComposeResult:
        """Makes title, picture, probabilities and neighbours."""
        yield Lines(id="title")
        with Horizontal(id="large"):
            yield PictureView(self.depth)
            yield Lines(id="probabilities")
        yield Lines(id="selected")
        yield DrawnLines()
        yield Lines(id="said")
        yield KeyBar()

    def on_mount(self) -> None:
        """Asks for the picture, then for its neighbours."""
        self.ask("looking at the picture…", self._look())

    def on_resize(self, _event: events.Resize) -> None:
        """Fits the pictures into the room that there is now."""
        self.query_one(DrawnLines).styles.height = self._layout.height
        self.call_after_refresh(self._draw)

    def on_screen_resume(self) -> None:
        """Shows marks that were made on another screen."""
        self.show_marks()

    def action_move(self, down: int, right: int) -> None:
        """Selects a neighbour, or the picture itself."""
        if self._around is not None:
            last = min(len(self._around.ids), self._layout.columns) - 1
            self._at = min(max(-1, self._at + down + right), last)
            self._draw()

    def action_open(self) -> None:
        """Shows the selected neighbour large."""
        if self._around is not None and self._at >= 0:
            index = self._around.found.indices[self._at]
            picture = ask.Picture(part="train", index=index)
            self.app.push_screen(
                PictureScreen(self.looking, self.depth, self.book, picture)
            )

    def action_look_inside(self) -> None:
        """Looks inside the network with this picture."""
        self.looking.picture = self.picture
        self.post_message(LookInside(self.looking))

    def chosen(self) -> tuple[PictureId, int] | None:
        """Returns the selected picture, and what it may be."""
        if self._seen is None or self._named is None:
            return None
        likely = int(self._seen.probabilities.argmax())
        if self._around is None or self._at < 0:
            return self._named, likely
        label = self._seen.label  # what it may have been taken for
        return self._around.ids[self._at], likely if label is None else label

    def show_marks(self) -> None:
        """Draws all again."""
        if self.is_mounted:
            self._draw()

    @property
    def _layout(self) -> Grid:
        return strip(self.size.width - 2)

    async def _look(self) -> None:
        moment, picture = self.looking.moment, self.picture
        ask_for = self.looking.look.ask
        question = ask.Look(moment=moment, picture=picture, layer="0")
        self._seen = await ask_for(question, ask.Seen)
        [self._named] = await self._identify(picture.part, (picture.index,))
        self.say("looking for its nearest training pictures…")
        self._draw()
        nearest = ask.FindNeighbours(moment=moment, picture=picture, count=NEIGHBOURS)
        found = await ask_for(nearest, ask.Neighbours, self.tell)
        self._around = _Around(
            found=found,
            pixels=[from_image(image) for image in found.images],
            ids=await self._identify("train", found.indices),
        )
        self.say("")
        self._draw()

    async def _identify(
        self, part: Part, indices: tuple[int, ...]
    ) -> tuple[PictureId, ...]:
        question = ask.Identify(part=part, indices=indices)
        return (await self.looking.look.ask(question, ask.Identified)).pictures

    def _draw(self) -> None:
        if (seen := self._seen) is None or self._named is None:
            return
        room = self.query_one("#large").size
        largest = fitted(from_image(seen.image), 2 * room.height, room.width // 2)
        self.query_one(PictureView).show(largest)
        label = "" if seen.label is None else self._class(seen.label)
        title = Content.assemble(
            (printable(self._named.place), "bold $accent"),
            f" · true {label} · step {count(seen.step)}  {self.book.word(self._named)}",
        )
        self.query_one("#title", Lines).show([title])
        self.query_one("#probabilities", Lines).show(self._bars(seen, room.height))
        self.query_one("#selected", Lines).show([self._words()])
        if (around := self._around) is not None:
            columns = self._layout.columns
            captions = [self._caption(n) for n in range(len(around.ids))]
            at = self._at if self._at >= 0 else None
            lines = thumbnail_lines(
                around.pixels[:columns], captions, at, self._layout, self.depth
            )
            self.query_one(DrawnLines).show(lines)

    def _bars(self, seen: ask.Seen, height: int) -> list[Content]:
        """Returns the most likely classes with their probabilities."""
        if not np.isfinite(seen.probabilities).all():
            return [Content(NOT_FINITE)]
        order = (-seen.probabilities).argsort(kind="stable")[: max(1, height)]
        width = max(len(self._class(int(label))) for label in order)
        return [
            Content.assemble(
                f"{self._class(int(label)):<{width}} ",
                f"{percent(float(seen.probabilities[label])):>9} ",
                ("━" * _filled(seen.probabilities[label]), "$accent"),
                " true" if label == seen.label else "",
            )
            for label in order
        ]

    def _words(self) -> Content:
        around = self._around
        if around is None or self._at < 0:
            return Content("nearest training pictures, by the last hidden layer:")
        picture, found = around.ids[self._at], around.found
        return Content(
            f"{printable(picture.place)}: true {self._class(found.labels[self._at])} · "
            f"distance {significant(found.distances[self._at])}  "
            f"{self.book.word(picture)}"
        )

    def _caption(self, place: int) -> str:
        assert self._around is not None
        mark = "! " if self.book.word(self._around.ids[place]) else ""
        return mark + self._class(self._around.found.labels[place])

    def _class(self, label: int) -> str:
        return printable(self.book.class_names[label])


def _filled(probability: "np.floating") -> int:
    return round(known(float(probability)) * _BAR_WIDTH)
