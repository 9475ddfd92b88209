"""The layers of a model with their shapes, parameters and costs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from cnn_tui import text

if TYPE_CHECKING:
    from cnn_tui.layers import LayerRow, ModelTable
    from cnn_tui.shaping.edit import Path
    from cnn_tui.shaping.outline import Outline, OutlineRow

_HEADINGS = ("#", "layer", "output", "params", "", "MACs", "sees")
_LAYER, _OUTPUT, _SHARE = 1, 2, 4
_LEFT_ALIGNED = {_LAYER, _OUTPUT}
_MUTED = {0, _SHARE}
_MAX_BAR_WIDTH = 20
_MIN_LAYER_WIDTH = 8
_FORMULA_HEIGHT = 2
_CHANGED = "*"


class LayerRows(OptionList, inherit_bindings=False):
    """The rows; left and right are not for scrolling, nor enter for selecting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in OptionList.BINDINGS
        if not (isinstance(binding, Binding) and binding.key == "enter")
    ]


class LayerTable(Vertical):
    """A row per layer; below them, the arithmetic of the highlighted one."""

    DEFAULT_CSS = """
    LayerTable {
        height: 1fr;
        & > .headings { height: 1; color: $text-muted; }
        & > OptionList {
            height: 1fr;
            background: transparent;
            text-wrap: nowrap;
            scrollbar-size-vertical: 1;
        }
        & > .formula { height: auto; max-height: 2; color: $text-accent; }
        & > .formula.-wrong { color: $text-error; }
    }
    """

    outline: "Outline | None" = None
    """What is shown."""
    _changed: "frozenset[Path]" = frozenset()
    _remedy: str = ""
    _cursor: "Path | None" = None
    """The layer to highlight next."""

    def __init__(self) -> None:
        """Shows nothing yet."""
        super().__init__()
        self._folded: list[object] = []
        self._visible: list[OutlineRow] = []

    def compose(self) -> ComposeResult:
        """Yields headings, rows and formula."""
        yield Static(classes="headings", markup=False)
        yield LayerRows(markup=False, compact=True)
        yield Static(classes="formula", markup=False)

    @property
    def whole_height(self) -> int:
        """Rows that show everything: headings, input, layers and formula."""
        layers = len(self.outline.rows) if self.outline else 0
        return 2 + layers + _FORMULA_HEIGHT if self.outline else 0

    @property
    def shown(self) -> "tuple[Outline | None, frozenset[Path], str]":
        """What ``show`` was given last."""
        return self.outline, self._changed, self._remedy

    @property
    def is_to_move(self) -> bool:
        """Whether the cursor is to be somewhere else."""
        return self._cursor is not None

    @property
    def row(self) -> "OutlineRow | None":
        """The highlighted layer, None where it is the input."""
        index = self.query_one(LayerRows).highlighted or 0
        return self._visible[index - 1] if 0 < index <= len(self._visible) else None

    def show(
        self,
        outline: "Outline | None",
        changed: "frozenset[Path]" = frozenset(),
        remedy: str = "",
    ) -> None:
        """Shows another model, or none; ``remedy`` is what a key would do to it."""
        self.outline, self._changed, self._remedy = outline, changed, remedy
        self._fill()

    def highlight(self, path: "Path | None") -> None:
        """Puts the cursor on a layer, as soon as it is shown."""
        self._cursor = path

    def is_folded(self, item: object) -> bool:
        """Whether the layers in a residual are hidden; any edit in it shows them."""
        return any(item is folded for folded in self._folded)

    def fold(self, row: "OutlineRow", *, folded: bool) -> None:
        """Hides or shows the layers in a residual."""
        self._folded = [item for item in self._folded if item is not row.item]
        self._folded += [row.item] * folded
        self.highlight(row.path)
        self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        """Gives the bars the room that there is now."""
        self._fill()

    def _fill(self) -> None:
        rows = self.query_one(LayerRows)
        kept, cursor = rows.highlighted, self._cursor
        self._visible = list(self._rows_in_sight())
        headings, *lines = self._lines(self.size.width - 1)
        self.query_one(".headings", Static).update(headings)
        rows.set_options(lines)
        if lines:
            places = [row.path for row in self._visible]
            index = places.index(cursor) + 1 if cursor in places else kept
            rows.highlighted = min(1 if index is None else index, len(lines) - 1)
        self._cursor = None
        self._show_formula()

    def _rows_in_sight(self) -> "Iterable[OutlineRow]":
        hidden: Path | None = None
        for row in self.outline.rows if self.outline else ():
            if hidden is not None and row.path[: len(hidden)] == hidden:
                continue
            hidden = row.path if self.is_folded(row.item) else None
            yield row

    @on(OptionList.OptionHighlighted)
    def _show_formula(self) -> None:
        """Shows the arithmetic of the highlighted layer, or its problem."""
        row = self.row
        formula = ""
        if row is not None and row.problem:
            formula = f"✗ {text.printable(row.problem)}"
            formula += f" · f: {text.printable(self._remedy)}" if self._remedy else ""
        elif row is not None and (known := row.arithmetic) is not None:
            formula = f"{known.number} {known.summary}: {known.formula or 'same size'}"
        line = self.query_one(".formula", Static)
        line.set_class(row is not None and bool(row.problem), "-wrong")
        line.update(formula)

    def _lines(self, width: int) -> list[Content]:
        """Returns the headings and the rows, in columns."""
        if self.outline is None:
            return [Content("")]
        table = self.outline.table
        cells = [_HEADINGS, ("", "input", text.shape(table.input_shape), *[""] * 4)]
        cells += [self._cells(row, table) for row in self._visible]
        widths, gap, bar_width = _columns(cells, width)
        shares = [0.0, 0.0, *(_share(row.arithmetic, table) for row in self._visible)]
        lines = [
            _line(line, widths, gap, _bar(share, bar_width))
            for line, share in zip(cells, shares, strict=True)
        ]
        for index, row in enumerate(self._visible, start=2):
            if row.problem:
                lines[index] = self._wrong(cells[index], row, widths, gap)
        return [line.truncate(max(width, 0)) for line in lines]

    def _wrong(
        self, cells: Sequence[str], row: "OutlineRow", widths: Sequence[int], gap: str
    ) -> Content:
        """Returns a row that has its problem in the place of its numbers."""
        remedy = f"f: {text.printable(self._remedy)} · " if self._remedy else ""
        words = f"{cells[_LAYER]}{gap}✗ {remedy}{text.printable(row.problem)}"
        place = cells[0].rjust(widths[0])
        return Content.assemble(place, gap, (words, "$text-error"))

    def _cells(self, row: "OutlineRow", table: "ModelTable") -> tuple[str, ...]:
        known = row.arithmetic
        mark = _CHANGED if row.path in self._changed else " " * bool(self._changed)
        place = ".".join(str(index + 1) for index in row.path) + mark
        indent = "  " * (len(row.path) - 1)
        name = indent + text.printable(row.summary) + self._fold_note(row)
        if known is None:
            return (place, name, *[""] * 5)
        return (
            place,
            name,
            text.shape(known.output_shape),
            text.count(known.parameters) if known.parameters else "",
            f"{100 * _share(known, table):.0f} %" if known.parameters else "",
            text.quantity(known.multiply_adds) if known.multiply_adds else "",
            text.shape(known.receptive_field),
        )

    def _fold_note(self, row: "OutlineRow") -> str:
        if self.outline is None or not self.is_folded(row.item):
            return ""
        depth = len(row.path)
        inside = [r for r in self.outline.rows if r.path[:depth] == row.path]
        return f" … {len(inside) - 1}"


def totals(table: "ModelTable") -> str:
    """Returns the size of a model: "18,378 parameters · 1.05 M multiply-adds"."""
    return (
        f"{text.count(table.parameters)} parameters · "
        f"{text.quantity(table.multiply_adds)} multiply-adds"
    )


def _columns(cells: Sequence[Sequence[str]], width: int) -> tuple[list[int], str, int]:
    """Returns the columns' widths, what is between them, and the bars' width."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    gaps = len(widths)  # between seven columns and a bar
    excess = max(0, sum(widths) + gaps - width)
    widths[_LAYER] = max(widths[_LAYER] - excess, _MIN_LAYER_WIDTH)
    gap = "  " if sum(widths) + 2 * gaps <= width else " "
    spare = width - sum(widths) - len(gap) * gaps
    return widths, gap, max(0, min(spare, _MAX_BAR_WIDTH))


def _share(row: "LayerRow | None", table: "ModelTable") -> float:
    return row.parameters / table.parameters if row and table.parameters else 0.0


def _bar(share: float, width: int) -> str:
    """Returns a bar of at least one cell for what is not nothing."""
    full = max(round(share * width), 1) if share else 0
    return ("━" * full)[:width].ljust(width)


def _line(cells: Sequence[str], widths: Sequence[int], gap: str, bar: str) -> Content:
    aligned = [
        Content.styled(
            _aligned(cell, width, column), "$foreground 60%" if column in _MUTED else ""
        )
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    aligned.insert(_SHARE + 1, Content.styled(bar, "$text-accent"))
    return Content(gap).join(aligned)


def _aligned(cell: str, width: int, column: int) -> str:
    if column not in _LEFT_ALIGNED:
        return cell.rjust(width)
    return cell.ljust(width) if len(cell) <= width else f"{cell[: width - 1]}…"
