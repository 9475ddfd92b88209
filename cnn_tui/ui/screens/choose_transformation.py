"""Asks how a net is to be transformed, and shows what that would change."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from cnn_tui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from cnn_tui.shaping.edit import Items
    from cnn_tui.shaping.outline import Outline
    from cnn_tui.shaping.transform import Offer


class ChooseTransformation(ModalScreen["Items | None"]):
    """The transformations, and the difference that the highlighted one makes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("pagedown", "scroll_difference(1)", "down", priority=True),
        Binding("pageup", "scroll_difference(-1)", "up", priority=True),
    ]

    def __init__(
        self, items: "Items", input_shape: tuple[int, ...], classes: int
    ) -> None:
        """Offers to transform the net that stands in ``items``."""
        super().__init__()
        self._net = items, input_shape, classes
        self._offers: list[Offer] = []
        self._before: Outline | None = None
        self._after: list[Outline | None] = []

    def compose(self) -> ComposeResult:
        """Makes a box with the list, words, and the difference."""
        with Vertical(classes="dialog"):
            yield Label("Transform the net", classes="title", markup=False)
            yield Static(classes="headings", markup=False)
            yield OptionList(markup=False, compact=True)
            yield Static(classes="words", markup=False)
            yield Lines()
            yield Label("", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Tries all transformations."""
        from cnn_tui.shaping.outline import outline
        from cnn_tui.shaping.transform import offers
        from cnn_tui.ui.transforming import HEADINGS, LEGEND, menu_line

        items, shape, classes = self._net
        self._offers = offers(items, shape, classes)
        self._before = before = outline(items, shape, classes)
        self._after = [
            None if offer.items is None else outline(offer.items, shape, classes)
            for offer in self._offers
        ]
        self.query_one(".headings", Static).update(HEADINGS)
        keys = "enter takes it · pgup pgdn · esc goes back"
        self.query_one(".hint", Label).update(f"{LEGEND} · {keys}")
        options = self.query_one(OptionList)
        rows = zip(self._offers, self._after, strict=True)
        options.add_options(Option(menu_line(o, before, after)) for o, after in rows)
        options.highlighted = 0

    def action_scroll_difference(self, pages: int) -> None:
        """Shows more of the difference, which needs no focus."""
        lines = self.query_one(Lines)
        lines.scroll_relative(y=pages * lines.size.height, animate=False)

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        """Shows what the highlighted one would change, or why it does not apply."""
        from cnn_tui.ui.transforming import difference_lines, totals_line

        offer, after = self._offers[event.option_index], self._after[event.option_index]
        words, lines = offer.why_not, list[Content]()
        if self._before is not None and after is not None:
            sizes = totals_line(self._before.table, after.table)
            words = f"{offer.words}\n{sizes}"
            lines = difference_lines(self._before, after)
        self.query_one(".words", Static).update(words)
        self.query_one(Lines).show(lines)
        self.query_one(Lines).scroll_home(animate=False)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        if (items := self._offers[event.option_index].items) is not None:
            self.dismiss(items)
