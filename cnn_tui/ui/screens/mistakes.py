"""What a network confuses: the confusion matrix, and the pictures behind each cell."""

from pathlib import Path
from typing import ClassVar

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from cnn_tui.config import RunConfig
from cnn_tui.datasets.form import PARTS, Part
from cnn_tui.errors import CnnTuiError, DataError, RunDirectoryError
from cnn_tui.look import messages as ask
from cnn_tui.pictures.depth import Depth
from cnn_tui.runs import evaluations
from cnn_tui.runs.config import read_config
from cnn_tui.runs.confusion import Confusion
from cnn_tui.text import count, percent, printable
from cnn_tui.ui.actions import MISTAKES
from cnn_tui.ui.confusion import (
    Frame,
    columns_that_fit,
    matrix_lines,
    rows_that_fit,
    scrolled,
)
from cnn_tui.ui.evaluated import choose_weights
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.marks import MarkBook, in_lines
from cnn_tui.ui.screens.asking import AskingScreen
from cnn_tui.ui.screens.pictures import Guesses, PicturesScreen, worst_first
from cnn_tui.ui.widgets.drawn_lines import DrawnLines
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines

WATCH_SECONDS = 1.0


class MistakesScreen(AskingScreen):
    """Follows the evaluations of a run; the network is asked for pictures alone."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in MISTAKES]

    def __init__(self, looking: Looking, depth: Depth) -> None:
        """Looks through ``looking``, and ends it when it is left."""
        super().__init__(looking, depth)
        self.matrix: Confusion | None = None
        self.row = self.column = 0
        self._as_shares = False
        self._top = self._left = 0
        self._part: Part = "test"
        self._config: RunConfig | None = None
        self._book: MarkBook | None = None
        self._newest: object = ()
        self._past: Path | None = None
        """An evaluation that is not the newest."""
        self._caveat = ""
        """What to know of weights that were made again."""
        self._predictions: dict[Part, ask.Predictions] = {}

    def compose(self) -> ComposeResult:
        """Makes the title, the matrix, the cell in words, and the corrections."""
        yield Lines(id="title")
        yield DrawnLines()
        yield Lines(id="selected")
        yield Lines(id="marks")
        yield Lines(id="said")
        yield KeyBar()

    def on_mount(self) -> None:
        """Reads what the run is, and follows it."""
        try:
            self._config = read_config(self.looking.run)
        except CnnTuiError as error:
            self.say(str(error), is_problem=True)
            return
        dataset = self._config.dataset
        names = dataset.facts.class_names
        self._book = MarkBook(self.looking.run, dataset, names)
        self.set_interval(WATCH_SECONDS, self.watch_run)
        self.call_after_refresh(self.watch_run)

    async def on_unmount(self) -> None:
        """Ends the process that answered."""
        await self.looking.close()

    def on_resize(self, _event: events.Resize) -> None:
        """Shows as much as there is room for now."""
        self.call_after_refresh(self._draw)

    def on_screen_resume(self) -> None:
        """Shows what was marked on another screen."""
        self._show_marks()

    def watch_run(self) -> None:
        """Takes in the newest evaluation, if there is another one."""
        newest = evaluations.newest(self.looking.run)
        if newest == self._newest:
            return
        self._newest = newest
        if self._past is None:
            self._predictions.clear()
            if self._part == "test":
                self._read()

    def action_move(self, down: int, right: int) -> None:
        """Moves the cursor."""
        if self.matrix is not None:
            last = len(self.matrix.counts) - 1
            self.row = min(max(0, self.row + down), last)
            self.column = min(max(0, self.column + right), last)
            self._draw()

    def action_shares(self) -> None:
        """Shows shares in the place of counts, or counts again."""
        self._as_shares = not self._as_shares
        self._draw()

    def action_move_in_time(self, by: int) -> None:
        """Shows another evaluation, and the weights of its step."""
        found, newest = evaluations.all_of(self.looking.run), self._newest_path
        shown = self._past or newest
        if shown not in found or newest is None:
            return
        path = found[min(max(0, found.index(shown) + by), len(found) - 1)]
        self._past = None if path == newest else path
        self._predictions.clear()
        if self._part == "test":
            self._read()
        else:
            self.ask("looking at all pictures…", self._show_part(self._part))

    def action_next_part(self) -> None:
        """Looks at another part of the data set."""
        self.ask("opening the run…", self._take_part())

    def action_open(self) -> None:
        """Shows the pictures of the cell under the cursor."""
        if self.matrix is not None:
            self.ask("looking at all pictures…", self._open())

    @property
    def _newest_path(self) -> Path | None:
        newest = evaluations.newest(self.looking.run)
        return newest[0] if newest else None

    def _read(self) -> None:
        """Reads the matrix of an evaluation; it is on disk."""
        path = self._past or self._newest_path
        if path is None or self._book is None:
            self.say("the run has not been evaluated yet: E on its dashboard does")
            return
        try:
            counts = evaluations.read_confusion(path, len(self._book.class_names))
        except RunDirectoryError as error:
            self.say(str(error), is_problem=True)
            return
        self._take_counts(evaluations.step_of(path), counts)
        self.say("")

    def _take_counts(self, step: int, counts: "np.ndarray") -> None:
        assert self._book is not None
        first = self.matrix is None
        self.query_one(DrawnLines).styles.max_height = len(counts) + 3
        names = tuple(self._book.class_names)
        self.matrix = Confusion(step=step, counts=counts, class_names=names)
        if first:
            self.row, self.column = self.matrix.worst
        self.call_after_refresh(self._draw)

    async def _take_part(self) -> None:
        opened = await self.looking.opened()
        parts = [part for part in PARTS[::-1] if opened.pictures[part]]
        part = parts[(parts.index(self._part) + 1) % len(parts)]
        if part == "test":
            self._part = part
            self._read()
        else:
            await self._show_part(part)

    async def _show_part(self, part: Part) -> None:
        """Shows what the network takes the pictures of a part for."""
        found = await self._predict(part)
        assert self._book is not None
        classes = len(self._book.class_names)
        pairs = found.labels * classes + found.predicted
        counts = np.bincount(pairs, minlength=classes**2)
        self._part = part
        self._take_counts(found.step, counts.reshape(classes, classes))
        self.say(self._caveat)

    async def _predict(self, part: Part) -> ask.Predictions:
        """Returns what the network takes the pictures of a part for, asked once."""
        if part not in self._predictions:
            self._caveat = await choose_weights(
                self.looking,
                self._past or self._newest_path,
                self._tell_updates,
                is_past=self._past is not None,
            )
            question = ask.Predict(moment=self.looking.moment, part=part)
            found = await self.looking.look.ask(question, ask.Predictions, self.tell)
            self._predictions[part] = found
        return self._predictions[part]

    def _tell_updates(self, done: int, total: int) -> None:
        self.say(f"making updates again: {count(done)} of {count(total)}")

    async def _open(self) -> None:
        part, label, predicted = self._part, self.row, self.column
        assert self._book is not None
        found = await self._predict(part)
        guesses = worst_first(found, label, predicted)
        true, taken = (self._class(n) for n in (label, predicted))
        title = f"{true} taken for {taken}"
        if not guesses:
            self.say(f"no picture is {title} at step {count(found.step)}")
            return
        self.say(self._caveat)
        shown = Guesses(part=part, step=found.step, title=title, guesses=tuple(guesses))
        self.app.push_screen(
            PicturesScreen(self.looking, self.depth, self._book, shown)
        )

    def _draw(self) -> None:
        matrix, view = self.matrix, self.query_one(DrawnLines)
        if matrix is None or not view.size:
            return
        rows = rows_that_fit(matrix, view.size.height)
        total = len(matrix.counts)
        self._top = scrolled(self._top, self.row, rows, total)
        columns = columns_that_fit(matrix, view.size.width)
        self._left = scrolled(self._left, self.column, columns, total)
        frame = Frame(
            width=view.size.width,
            height=view.size.height,
            row=self.row,
            column=self.column,
            top=self._top,
            left=self._left,
            as_shares=self._as_shares,
            depth=self.depth,
        )
        view.show(matrix_lines(matrix, frame))
        self.query_one("#title", Lines).show([self._title(matrix)])
        self.query_one("#selected", Lines).show([self._cell(matrix)])
        self._show_marks()

    def _title(self, matrix: Confusion) -> Content:
        what = "% of each true class" if self._as_shares else "pictures"
        return Content.assemble(
            ("Mistakes", "bold $accent"),
            f" · {self._part} set at step {count(matrix.step)} · "
            f"{percent(matrix.accuracy)} right · {what} · ",
            (printable(self.looking.run.name), "$foreground 60%"),
        )

    def _cell(self, matrix: Confusion) -> Content:
        number = int(matrix.counts[self.row, self.column])
        of_all = int(matrix.counts[self.row].sum())
        share = percent(float(matrix.shares[self.row, self.column]))
        return Content.assemble(
            ("true ", "$foreground 60%"),
            self._class(self.row),
            (" taken for ", "$foreground 60%"),
            self._class(self.column),
            f": {count(number)} of {count(of_all)}, {share}",
        )

    def _show_marks(self) -> None:
        """Lists the corrections of the data set."""
        if self._book is None:
            return
        pane = self.query_one("#marks", Lines)
        try:
            marks = self._book.read()
        except DataError as error:
            pane.show([Content.styled(str(error), "$text-error")])
            return
        title, *listed = in_lines(marks)
        pane.show([Content.styled(title, "$foreground 60%"), *map(Content, listed)])

    def _class(self, label: int) -> str:
        assert self._book is not None
        return printable(self._book.class_names[label])
