"""What was asked for: the hyperparameters, those that differ first."""

from collections.abc import Sequence

from textual.content import Content

from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.run_settings import SettingRow
from cnn_tui.ui.widgets.lines import Lines


class RunPane(Lines, can_focus=True):
    """The hyperparameters of a run."""

    BORDER_TITLE = "Run"

    def show_rows(self, rows: Sequence[SettingRow], glyphs: Glyphs) -> None:
        """Shows hyperparameters in this order."""
        width = max((len(row.name) for row in rows), default=0)
        self.show([_line(row, width, glyphs) for row in rows])


def _line(row: SettingRow, width: int, glyphs: Glyphs) -> Content:
    name = f"{row.name:<{width}}  "
    if not row.note:
        return Content.assemble("  ", (name, "$text-muted"), row.value)
    return Content.assemble(
        (f"{glyphs.changed} ", "$accent"),
        (name, ""),
        (row.value, "bold"),
        (f"  {row.note}", "$text-muted"),
    )
