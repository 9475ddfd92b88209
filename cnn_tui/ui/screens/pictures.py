"""Pictures that a network takes for something, as thumbnails."""

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.content import Content

from cnn_tui.datasets.corrections import PictureId
from cnn_tui.datasets.form import Part
from cnn_tui.look import messages as ask
from cnn_tui.pictures.colours import Pixels, from_image
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count, percent, printable
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.marks import MarkBook
from cnn_tui.ui.screens.asking import MarkingScreen
from cnn_tui.ui.screens.picture import PictureScreen
from cnn_tui.ui.thumbnails import Grid, grid, thumbnail_lines
from cnn_tui.ui.widgets.drawn_lines import DrawnLines
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a network takes a picture for."""

    index: int
    label: int
    predicted: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Pictures of a part, the worst first, and the step of who guessed."""

    part: Part
    step: int
    title: str
    guesses: tuple[Guess, ...]


def worst_first(found: ask.Predictions, label: int, predicted: int) -> list[Guess]:
    """Returns the pictures of a cell: the most confident mistakes, or least right."""
    indices = ((found.labels == label) & (found.predicted == predicted)).nonzero()[0]
    confidence = found.confidence[indices]
    order = (confidence if label == predicted else -confidence).argsort(kind="stable")
    return [
        Guess(
            index=int(indices[place]),
            label=label,
            predicted=predicted,
            confidence=float(confidence[place]),
        )
        for place in order
    ]


class PicturesScreen(MarkingScreen):
    """Thumbnails, a page at a time; one is selected."""

    def __init__(
        self, looking: Looking, depth: Depth, book: MarkBook, shown: Guesses
    ) -> None:
        """Shows at least one picture."""
        super().__init__(looking, depth, book)
        self._shown = shown
        self._at = 0
        self._page: range | None = None
        self._pixels: list[Pixels] = []
        self._ids: tuple[PictureId, ...] = ()

    def compose(self) -> ComposeResult:
        """Makes the title, the pictures, and lines about the selected one."""
        yield Lines(id="title")
        yield DrawnLines()
        yield Lines(id="selected")
        yield Lines(id="said")
        yield KeyBar()

    def on_resize(self, _event: events.Resize) -> None:
        """Fits the pictures into the room that there is now."""
        self.call_after_refresh(self._show_page)

    def on_screen_resume(self) -> None:
        """Shows marks that were made on another screen."""
        self.show_marks()

    def action_move(self, down: int, right: int) -> None:
        """Selects another picture; a page is ten down."""
        layout = self._layout
        by = down * layout.columns + right
        if abs(down) > 1:
            by = layout.size if down > 0 else -layout.size
        self._at = min(max(0, self._at + by), len(self._shown.guesses) - 1)
        self._show_page()

    def action_open(self) -> None:
        """Shows the selected picture large."""
        picture = ask.Picture(part=self._shown.part, index=self._guess.index)
        self.app.push_screen(
            PictureScreen(self.looking, self.depth, self.book, picture)
        )

    def chosen(self) -> tuple[PictureId, int] | None:
        """Returns the selected picture, and what it was taken for."""
        if self._page is None or self._at not in self._page or not self._ids:
            return None
        return self._ids[self._at - self._page.start], self._guess.predicted

    def show_marks(self) -> None:
        """Draws the page again."""
        if self.is_mounted:
            self._draw()

    @property
    def _guess(self) -> Guess:
        return self._shown.guesses[self._at]

    @property
    def _layout(self) -> Grid:
        size = self.query_one(DrawnLines).size
        return grid(size.width, size.height)

    def _show_page(self) -> None:
        """Draws the page of the selected picture, when it is there."""
        size = self._layout.size
        start = self._at // size * size
        page = range(start, min(start + size, len(self._shown.guesses)))
        if page != self._page:
            self.ask("fetching pictures…", self._fetch(page))
        else:
            self._draw()

    async def _fetch(self, page: range) -> None:
        part, ask_for = self._shown.part, self.looking.look.ask
        indices = tuple(self._shown.guesses[place].index for place in page)
        fetched = await ask_for(ask.Fetch(part=part, indices=indices), ask.Fetched)
        named = await ask_for(ask.Identify(part=part, indices=indices), ask.Identified)
        self._pixels = [from_image(image) for image in fetched.images]
        self._ids, self._page = named.pictures, page
        self.say("")
        self._draw()

    def _draw(self) -> None:
        page, guesses = self._page, self._shown.guesses
        if page is None:
            return
        captions = [
            f"{'! ' if self.book.word(self._ids[n - page.start]) else ''}"
            f"{percent(guesses[n].confidence)}"
            for n in page
        ]
        lines = thumbnail_lines(
            self._pixels, captions, self._at - page.start, self._layout, self.depth
        )
        self.query_one(DrawnLines).show(lines)
        self.query_one("#title", Lines).show([self._title(page)])
        self.query_one("#selected", Lines).show([self._words(page)])

    def _title(self, page: range) -> Content:
        shown, step = self._shown, count(self._shown.step)
        places = f"{count(page.start + 1)} to {count(page.stop)}"
        return Content.assemble(
            (shown.title, "bold $accent"),
            f" · {shown.part} pictures at step {step}"
            f" · {places} of {count(len(shown.guesses))}",
        )

    def _words(self, page: range) -> Content:
        guess, names = self._guess, self.book.class_names
        if self._at not in page:
            return Content()
        picture = self._ids[self._at - page.start]
        return Content(
            f"{printable(picture.place)}: true {printable(names[guess.label])} · "
            f"taken for {printable(names[guess.predicted])}, "
            f"{percent(guess.confidence)} sure  {self.book.word(picture)}"
        )
