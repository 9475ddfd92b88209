"""What if: other kernels, sizes, strides and paddings on one picture."""

from typing import ClassVar

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen

from cnn_tui.errors import InputError
from cnn_tui.look.what_if import Numbers, parse_kernel
from cnn_tui.pictures.colours import diverging, limit_of, share_of
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import shape
from cnn_tui.ui.actions import WHAT_IF
from cnn_tui.ui.explorer.maps import Sheet, canvas_of, laid_out
from cnn_tui.ui.explorer.numbers import PLAIN, Grid, Signs, side_by_side
from cnn_tui.ui.explorer.what_if import (
    MAX_POOLING,
    OWN,
    TYPED,
    Outcome,
    does_nothing,
    first_choices,
    options,
    outcome,
)
from cnn_tui.ui.explorer.words import number
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.picture_view import PictureView

_FORM_COLUMNS = 19
_OTHER_LINES = 3
"""Title, captions and keys."""
_MOST_KERNEL_LINES = 7
_EXAMPLE = "1 0 -1; 2 0 -2; 1 0 -1"


class WhatIfScreen(Screen[None]):
    """Choices on the left; the picture, and what they make of it, at once."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in WHAT_IF]
    DEFAULT_CSS = """
    WhatIfScreen {
        & #outcome { height: 1; background: $panel; padding: 0 1; }
        & #captions { height: 1; color: $foreground 60%; }
        & #pictures { height: auto; }
        & #choices { width: 19; height: 100%; min-height: 7; }
        & #kernel { height: 1fr; }
    }
    """

    def __init__(
        self, image: Numbers, layer: object, own: Numbers | None, depth: Depth
    ) -> None:
        """Begins with what a layer does; ``own`` is its filter, H×W."""
        super().__init__()
        self._image = image
        self._kernels = {} if own is None else {OWN: own}
        self._chosen = first_choices(layer, self._kernels)
        self._selected = 0
        self._depth = depth
        self._typed = _EXAMPLE

    def compose(self) -> ComposeResult:
        """Makes the outcome, choices, pictures, kernel and keys."""
        yield Lines(id="outcome")
        yield Lines(id="captions")
        with Horizontal(id="pictures"):
            yield Lines(id="choices")
            yield PictureView(self._depth, id="maps")
        yield Lines(id="kernel")
        yield KeyBar()

    def on_mount(self) -> None:
        """Shows what the layer itself makes of the picture."""
        self._show()

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the room that there is now."""
        self.call_after_refresh(self._show)

    def action_select(self, step: int) -> None:
        """Goes to another choice."""
        self._selected = (self._selected + step) % len(self._chosen)
        self._show()

    def action_choose(self, step: int) -> None:
        """Takes another value of the choice."""
        name = list(self._chosen)[self._selected]
        values = options(self._kernels)[name]
        at = values.index(self._chosen[name]) if self._chosen[name] in values else -1
        self._chosen[name] = values[(at + step) % len(values)]
        self._show()

    def action_type_kernel(self) -> None:
        """Asks for a kernel."""

        def answered(text: str | None) -> None:
            if text is not None:
                self._typed = text
                self._kernels[TYPED] = parse_kernel(text)
                self._chosen["kernel"] = TYPED
                self._show()

        dialog = AskText(
            "A kernel of your own",
            prompt=f"Rows of numbers, parted by semicolons: {_EXAMPLE}",
            value=self._typed,
            check=_problem,
        )
        self.app.push_screen(dialog, answered)

    def action_leave(self) -> None:
        """Goes back."""
        self.dismiss()

    def _show(self) -> None:
        columns, lines = self.size
        made = outcome(self._image, self._chosen, self._kernels)
        kernel = self._kernel_lines(made, columns)
        below = min(max(len(kernel) - 1, 1), _MOST_KERNEL_LINES)
        room = lines - _OTHER_LINES - below
        drawn = _sheets(self._image, made)
        pixels, captions = laid_out(drawn, 2 * room, columns - _FORM_COLUMNS)
        self.query_one("#maps", PictureView).show(pixels)
        indent = " " * _FORM_COLUMNS
        self.query_one("#captions", Lines).show([Content(f"{indent}{captions}")])
        self.query_one("#choices", Lines).show(self._choice_lines(made))
        left = lines - _OTHER_LINES - max(-(-len(pixels) // 2), len(self._chosen) + 1)
        self.query_one("#kernel", Lines).show(kernel[: max(left, 1)])
        self.query_one("#outcome", Lines).show([_sentence(made)])

    def _choice_lines(self, made: Outcome) -> list[Content]:
        rows = []
        for index, (name, value) in enumerate(self._chosen.items()):
            is_selected = index == self._selected
            if name == "size" and made.kernel is not None:
                value = shape(dict.fromkeys(made.kernel.shape))
            why = does_nothing(name, self._chosen)
            style = "$foreground 35%" if why else ""
            shown = f"‹{value}›" if is_selected else f" {value} "
            mark = ">" if is_selected else " "
            bold = "bold $text-accent" if is_selected else style
            rows.append(Content.assemble((f"{mark}{name:<8}", style), (shown, bold)))
        why = does_nothing(list(self._chosen)[self._selected], self._chosen)
        return [*rows, Content.styled(f" {why}" if why else "", "$foreground 60%")]

    def _kernel_lines(self, made: Outcome, columns: int) -> list[Content]:
        """Returns the kernel, and last what can be missed."""
        if made.kernel is None:
            kind = "largest value" if self._chosen["kernel"] == MAX_POOLING else "mean"
            return [Content.styled(f"the {kind} of each window", "$foreground 60%")]
        grid = Grid(values=made.kernel, limit=limit_of(made.kernel))
        signs = PLAIN if self._depth is Depth.ASCII else Signs()
        total = number(float(made.kernel.sum()))
        words = f"kernel {shape(made.kernel.shape)}, sum {total}"
        heading = Content.styled(words, "$foreground 60%")
        return [*(side_by_side([grid], columns, self._depth, signs) or []), heading]


def _problem(text: str) -> str | None:
    """Says what is wrong with a kernel."""
    try:
        parse_kernel(text)
    except InputError as error:
        return str(error)
    return None


def _sentence(made: Outcome) -> Content:
    if made.map is None:
        return Content.styled(made.sentence, "$text-error")
    return Content(f"{shape(made.map.shape)} · {made.sentence}")


def _sheets(image: Numbers, made: Outcome) -> list[Sheet]:
    """Returns the picture, and what was made of it, if anything was."""
    picture = share_of(image)
    if made.map is None or made.layer is None:
        return [Sheet(caption="picture", pixels=picture)]
    canvas, top, left = canvas_of(made.layer, image, 1.0)
    height, width = image.shape
    canvas[top : top + height, left : left + width] = picture
    values = np.asarray(made.map)
    caption = f"map {number(float(values.min()))} … {number(float(values.max()))}"
    return [
        Sheet(caption="picture", pixels=canvas),
        Sheet(caption=caption, pixels=diverging(values)),
    ]
