"""The layers of a model with their shapes, parameters and costs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from cnn_tui import text

if TYPE_CHECKING:
    from cnn_tui.layers import LayerRow, ModelTable

_HEADINGS = ("#", "layer", "output", "params", "", "MACs", "sees")
_LAYER, _OUTPUT, _SHARE = 1, 2, 4
_LEFT_ALIGNED = {_LAYER, _OUTPUT}
_MUTED = {0, _SHARE}
_MAX_BAR_WIDTH = 20
_MIN_LAYER_WIDTH = 8
_FORMULA_HEIGHT = 2


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
    }
    """

    table: "ModelTable | None" = None
    """What is shown."""

    def compose(self) -> ComposeResult:
        """Yields headings, rows and formula."""
        yield Static(classes="headings", markup=False)
        yield OptionList(markup=False, compact=True)
        yield Static(classes="formula", markup=False)

    @property
    def whole_height(self) -> int:
        """Rows that show everything: headings, input, layers and formula."""
        layers = len(self.table.rows) if self.table else 0
        return 2 + layers + _FORMULA_HEIGHT if layers else 0

    def show(self, table: "ModelTable | None") -> None:
        """Shows another model, or none."""
        self.table = table
        self._fill()

    def on_resize(self, _event: events.Resize) -> None:
        """Gives the bars the room that there is now."""
        self._fill()

    def _fill(self) -> None:
        rows = self.query_one(OptionList)
        kept = rows.highlighted
        headings, *lines = _lines(self.table, self.size.width - 1)
        self.query_one(".headings", Static).update(headings)
        rows.set_options(lines)
        if lines:
            rows.highlighted = min(kept or 1, len(lines) - 1)
        self._show_formula()

    @on(OptionList.OptionHighlighted)
    def _show_formula(self) -> None:
        """Shows the arithmetic of the highlighted layer."""
        index = self.query_one(OptionList).highlighted
        formula = ""
        if self.table is not None and index:
            row = self.table.rows[index - 1]
            formula = f"{row.number} {row.summary}: {row.formula or 'same size'}"
        self.query_one(".formula", Static).update(formula)


def totals(table: "ModelTable") -> str:
    """Returns the size of a model: "18,378 parameters · 1.05 M multiply-adds"."""
    return (
        f"{text.count(table.parameters)} parameters · "
        f"{text.quantity(table.multiply_adds)} multiply-adds"
    )


def _lines(table: "ModelTable | None", width: int) -> list[Content]:
    """Returns the headings and the rows, in columns."""
    if table is None:
        return [Content("")]
    cells = [_HEADINGS, ("", "input", text.shape(table.input_shape), *[""] * 4)]
    cells += [_cells(row, table) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    gaps = len(widths)  # between seven columns and a bar
    excess = max(0, sum(widths) + gaps - width)
    widths[_LAYER] = max(widths[_LAYER] - excess, _MIN_LAYER_WIDTH)
    gap = "  " if sum(widths) + 2 * gaps <= width else " "
    spare = width - sum(widths) - len(gap) * gaps
    bar_width = max(0, min(spare, _MAX_BAR_WIDTH))
    shares = [0.0, 0.0, *(_share(row, table) for row in table.rows)]
    return [
        _line(line, widths, gap, _bar(share, bar_width)).truncate(max(width, 0))
        for line, share in zip(cells, shares, strict=True)
    ]


def _cells(row: "LayerRow", table: "ModelTable") -> tuple[str, ...]:
    share = _share(row, table)
    return (
        row.number,
        "  " * row.depth + row.summary,
        text.shape(row.output_shape),
        text.count(row.parameters) if row.parameters else "",
        f"{100 * share:.0f} %" if row.parameters else "",
        text.quantity(row.multiply_adds) if row.multiply_adds else "",
        text.shape(row.receptive_field),
    )


def _share(row: "LayerRow", table: "ModelTable") -> float:
    return row.parameters / table.parameters if table.parameters else 0.0


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
