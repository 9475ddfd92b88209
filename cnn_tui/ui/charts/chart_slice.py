"""An upright slice of a chart.

Textual sends a changed row of a widget from its left edge up to the change, however
small that is. A chart in slices sends a fraction of that.
"""

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from cnn_tui.ui.charts.cells import Cells, Ink


class ChartSlice(Widget):
    """Shows those columns of the chart's cells that lie where the slice lies."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ChartSlice { width: 1fr; height: 1fr; }"

    def __init__(
        self, cells: Callable[[], Cells], style: Callable[[Ink], Style]
    ) -> None:
        super().__init__()
        self._cells_of_chart = cells
        self._style_of = style

    def render_line(self, y: int) -> Strip:
        """Returns one row; Textual asks for those that were refreshed."""
        cells = self._part_of(self._cells_of_chart())
        runs = cells.runs(y) if y < cells.height else []
        segments = [Segment(text, self._style_of(ink)) for text, ink in runs]
        return Strip(segments, cells.width)

    def refresh_changes(self, new: Cells, old: Cells) -> None:
        """Refreshes those cells of the slice that differ; both grids have one size."""
        # Without any region refresh() would take all.
        if regions := self._part_of(new).changes_since(self._part_of(old)):
            self.refresh(*regions)

    def _part_of(self, cells: Cells) -> Cells:
        region = self.virtual_region
        return cells.view(region.x, 0, region.width, region.height)
