"""What the screens of mistakes and pictures share: they ask, wait, say, and mark."""

from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from cnn_tui.datasets.corrections import PictureId
from cnn_tui.errors import CnnTuiError, DataError
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import printable
from cnn_tui.ui.actions import PICTURES
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.marks import MarkBook, in_words
from cnn_tui.ui.screens.choose_class import LEAVE_OUT, ChooseClass
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.lines import Lines


class AskingScreen(Screen[None]):
    """Asks a run's network; what it waits for, or why that failed, is a line."""

    def __init__(self, looking: Looking, depth: Depth) -> None:
        """Asks through ``looking``, which somebody else ends."""
        super().__init__()
        self.looking = looking
        self.depth = depth
        self._said = Content()

    def ask(self, doing: str, work: Coroutine[Any, Any, None]) -> None:
        """Does something that asks, in the place of what was asked before."""
        self.say(doing)
        self.run_worker(self._guarded(work), group=READING, exclusive=True)

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Shows a sentence in the line for that; an empty one takes it away."""
        self._said = Content.styled(text, "$text-error" if is_problem else "$accent")
        self.show_said()

    def show_said(self) -> None:
        """Shows what was said last; a screen that is left has no line for it."""
        for line in self.query("#said").results(Lines):
            line.show([self._said])

    def action_back(self) -> None:
        """Goes back to the screen before."""
        self.app.pop_screen()

    def tell(self, done: int, total: int) -> None:
        """Says how far a long answer is."""
        self.say(f"looking at pictures: {done:,} of {total:,}")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CnnTuiError as error:
            self.say(str(error), is_problem=True)


class MarkingScreen(AskingScreen):
    """A screen with pictures that can be marked as mislabelled."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in PICTURES]

    def __init__(self, looking: Looking, depth: Depth, book: MarkBook) -> None:
        """Marks are written into ``book``."""
        super().__init__(looking, depth)
        self.book = book

    def chosen(self) -> tuple[PictureId, int] | None:
        """Returns the picture that is meant, and the class that it may be of."""
        raise NotImplementedError

    def show_marks(self) -> None:
        """Is called when a mark was made or undone."""
        raise NotImplementedError

    def action_mark(self) -> None:
        """Asks for the right class of a picture; what is marked is marked no more."""
        if (chosen := self.chosen()) is None:
            return
        picture, likely = chosen

        def answered(label: int | None) -> None:
            if label is not None:
                name = None if label == LEAVE_OUT else self.book.class_names[label]
                self._write(picture, name)

        try:
            marked = self.book.read().of(picture)
        except DataError as error:
            self.say(str(error), is_problem=True)
            return
        if marked is not None:
            self._write(picture, None, undo=True)
        else:
            title = f"The right class of {printable(picture.place)}"
            self.app.push_screen(
                ChooseClass(title, self.book.class_names, likely), answered
            )

    def _write(
        self, picture: PictureId, label: str | None, *, undo: bool = False
    ) -> None:
        try:
            marks = self.book.read()
            marks = marks.without(picture) if undo else marks.and_also(picture, label)
            marks.write()
        except DataError as error:
            self.say(str(error), is_problem=True)
            return
        self.book.marks = marks
        mark = self.book.marks.of(picture)
        what = in_words(mark) if mark else "not marked any more"
        where = printable(self.book.marks.path)
        self.say(f"{printable(picture.place)}: {what}, in {where}")
        self.show_marks()
