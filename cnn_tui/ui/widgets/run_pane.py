"""What was asked for: the hyperparameters, those that differ first."""

from collections.abc import Sequence

from textual.content import Content

from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.run_settings import SettingRow
from cnn_tui.ui.widgets.lines import Lines


class RunPane(Lines, can_focus=True):
    """The hyperparameters of a run."""

    BORDER_TITLE = "Run"
    hanging_indent = 4

    def show_rows(self, rows: Sequence[SettingRow], glyphs: Glyphs) -> None:
        """Shows hyperparameters in this order."""
        self.show([_line(row, rows, glyphs) for row in rows])


def _line(row: SettingRow, rows: Sequence[SettingRow], glyphs: Glyphs) -> Content:
    name = f"{row.name:<{max(len(row.name) for row in rows)}}  "
    width = max(len(row.value) for row in rows if row.note or not rows[0].note)
    if not row.note:
        return Content.assemble("  ", (name, "$foreground 60%"), row.value)
    return Content.assemble(
        (f"{glyphs.changed} ", "$accent"),
        (name, ""),
        (f"{row.value:<{width}}", "bold"),
        (f"  {row.note}", "$foreground 60%"),
    )
