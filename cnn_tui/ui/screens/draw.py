"""Draw something, and see at each stroke what networks take it for, and why."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen

from cnn_tui.errors import CnnTuiError, InputError
from cnn_tui.look.messages import Look, Moment, Opened, Picture, Seen
from cnn_tui.look.prepare import Preparation, Prepared, prepare_drawn
from cnn_tui.pictures.canvas import blank, fitted, side_by_side
from cnn_tui.pictures.colours import Pixels, diverging, from_image, limit_of
from cnn_tui.pictures.depth import Depth
from cnn_tui.runs.layout import find_run
from cnn_tui.text import count, percent, printable, shape
from cnn_tui.ui.actions import DRAW
from cnn_tui.ui.glyphs import known
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.picture_view import PictureView
from cnn_tui.ui.widgets.sketch import Sketch
from cnn_tui.ui.widgets.titles import set_title

_BAR_CELLS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """A network that looks at the sheet."""

    name: str
    looking: Looking
    moment: Moment


class DrawScreen(Screen[None]):
    """A sheet, what the network gets of it, what it says, and the maps of a layer."""

    CSS_PATH = "draw.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in DRAW]

    def __init__(self, looking: Looking, depth: Depth) -> None:
        """Shows the sheet to the network of ``looking``, which somebody else ends."""
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
        self._depth = depth
        first = Eye(name="this run", looking=looking, moment=looking.moment)
        self._eyes: list[Eye] = [first]
        self._layer = 0
        self._own: Looking | None = None
        """A look into another run that began here, and ends here."""

    def compose(self) -> ComposeResult:
        """Makes the sheet, and beside it what comes of it."""
        yield Lines(id="title")
        with Horizontal():
            yield Sketch(self._depth)
            with Vertical(id="seen"):
                yield PictureView(self._depth, id="input")
                yield Lines(id="verdict")
            yield PictureView(self._depth, id="maps")
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins with an empty sheet."""
        self.query_one(Sketch).focus()
        self.on_sketch_changed()

    def on_sketch_changed(self) -> None:
        """Asks the networks; a newer stroke takes the place of an older question."""
        self._ask()

    async def on_unmount(self) -> None:
        """Ends what began here."""
        if self._own is not None:
            await self._own.close()

    def action_back(self) -> None:
        """Goes back to where the person came from."""
        self.app.pop_screen()

    def action_choose_layer(self, step: int) -> None:
        """Shows the maps of another layer."""
        self._layer += step
        self._ask()

    def action_switch_maps(self) -> None:
        """Shows the maps instead of what is seen, where there is room for one."""
        self.toggle_class("-maps")
        self._ask()

    def action_compare(self) -> None:
        """Asks for a second network: another moment of this run, or another run."""
        question = AskText(
            "Compare with",
            prompt="best, newest, a checkpoint's step, or another run; empty: nothing",
            value="",
            check=lambda text: None,
        )

        def answered(text: str | None) -> None:
            if text is not None:
                self._compare(text.strip())

        self.app.push_screen(question, answered)

    @work(exclusive=True, group="compare")
    async def _compare(self, answer: str) -> None:
        if self._own is not None:
            await self._own.close()
            self._own = None
        del self._eyes[1:]
        try:
            if answer:
                self._eyes.append(await self._checked(self._eye(answer)))
        except CnnTuiError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        self._ask()

    def _eye(self, name: str) -> Eye:
        """Returns the network that a name means; raises InputError if there is none."""
        first = self._eyes[0].looking
        if name in ("best", "newest") or name.isdecimal():
            moments: dict[str, Moment] = {"best": "best", "newest": "newest"}
            moment = moments.get(name, int(name) if name.isdecimal() else 0)
            return Eye(name=name, looking=first, moment=moment)
        run = find_run(name, first.run.parent)
        self._own = Looking(run, first.data_dir)
        return Eye(name=run.name, looking=self._own, moment="newest")

    async def _checked(self, eye: Eye) -> Eye:
        """Returns a network that can be compared; raises InputError for any other."""
        _, opened, _ = await self._look(eye)
        first = await self._eyes[0].looking.opened()
        if opened.class_names != first.class_names:
            raise InputError(
                f"{printable(eye.name)} has other classes: compare with a run of the "
                "same ones"
            )
        return eye

    @work(exclusive=True, group="ask")
    async def _ask(self) -> None:
        message = self.query_one(MessageLine)
        try:
            looks = [await self._look(eye) for eye in self._eyes]
        except CnnTuiError as error:
            message.complain(str(error))
            return
        message.clear()
        prepared, opened, seen = looks[0]
        self._show_title([look[2] for look in looks], prepared)
        self._show_input(prepared)
        self.call_after_refresh(  # when it is known what room is left
            self._show_verdict, opened, [look[2] for look in looks]
        )
        self._show_maps(opened, seen)

    async def _look(self, eye: Eye) -> tuple[Prepared, Opened, Seen]:
        opened = await eye.looking.opened()
        how = Preparation(input_shape=opened.input_shape, dataset=opened.dataset)
        prepared = prepare_drawn(self.query_one(Sketch).ink, how)
        last = len(opened.layers) - 1
        if eye is self._eyes[0]:  # whose maps are shown
            self._layer = min(max(self._layer, 0), last)
        question = Look(
            moment=eye.moment,
            picture=Picture(own=prepared.image),
            layer=opened.layers[min(self._layer, last)].number,
        )
        return prepared, opened, await eye.looking.look.ask(question, Seen)

    def _show_title(self, seen: list[Seen], prepared: Prepared) -> None:
        names = [
            f"{printable(eye.name)} at step {count(look.step)}"
            for eye, look in zip(self._eyes, seen, strict=False)
        ]
        title = Content.assemble(
            ("Draw", "bold $accent"),
            f" · {' against '.join(names)} ",
            ("; ".join(prepared.words), "$foreground 60%"),
        )
        self.query_one("#title", Lines).show([title])

    def _show_input(self, prepared: Prepared) -> None:
        view = self.query_one("#input", PictureView)
        room = self.query_one("#seen").size
        pixels = from_image(prepared.image)
        view.show(fitted(pixels, max(2, 2 * (room.height - 4)), max(1, room.width)))

    def _show_verdict(self, opened: Opened, seen: list[Seen]) -> None:
        verdict = self.query_one("#verdict", Lines)
        chances = [look.probabilities for look in seen]
        order = list(range(len(opened.class_names)))
        if len(order) > verdict.size.height:
            order.sort(key=lambda label: -float(chances[0][label]))
        width = min(12, max(len(printable(name)) for name in opened.class_names))
        verdict.show(
            [
                _line(printable(opened.class_names[n])[:width].ljust(width), n, chances)
                for n in order
            ]
        )

    def _show_maps(self, opened: Opened, seen: Seen) -> None:
        view = self.query_one("#maps", PictureView)
        layer = opened.layers[self._layer]
        size = shape(layer.output_shape)
        set_title(view, f"{layer.number} {layer.summary} · {size}")
        view.show(_mosaic(seen.maps, 2 * view.size.height, view.size.width))


def _line(name: str, label: int, chances: "list[np.ndarray]") -> Content:
    """Returns a class with a bar for the first network and a number for each."""
    best = int(chances[0].argmax()) == label
    share = float(chances[0][label])
    bar = "█" * round(known(share) * _BAR_CELLS)
    numbers = "".join(f"{percent(float(chance[label])):>10}" for chance in chances)
    return Content.assemble(
        (f"{name} ", "bold" if best else ""),
        (bar.ljust(_BAR_CELLS), "$accent"),
        (numbers, "bold" if best else "$foreground 80%"),
    )


def _mosaic(values: "np.ndarray", height: int, width: int) -> Pixels:
    """Returns as many maps as fit into a size, on one scale; flat values as a bar."""
    maps = values if values.ndim == 3 else values[None, None]
    if height < 4 or width < 4:
        return blank(2, 1)
    limit = limit_of(maps)
    most = (height // 2, width - 2)
    pictures = [fitted(diverging(one, limit), *most) for one in maps]
    high, wide = pictures[0].shape[:2]
    columns = max(1, (width - 1) // (wide + 1))
    rows = max(1, (height - 1) // (high + 1))
    return side_by_side(pictures[: rows * columns], columns)
