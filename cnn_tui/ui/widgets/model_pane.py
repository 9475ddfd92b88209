"""The chosen preset's model: title, description, layers."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from cnn_tui.text import printable
from cnn_tui.ui.widgets.layer_table import LayerTable, totals
from cnn_tui.ui.widgets.preset_list import PresetItem

if TYPE_CHECKING:
    from cnn_tui.layers import ModelTable


class ModelPane(Vertical):
    """What would be trained, or why it cannot be."""

    DEFAULT_CSS = """
    ModelPane {
        & > .description { height: auto; max-height: 50%; margin-bottom: 1; }
        &.-broken > .description { color: $text-error; }
        &.-broken > LayerTable { display: none; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yields the description and the layers."""
        yield Static(classes="description", markup=False)
        yield LayerTable()

    def show(self, item: PresetItem | None, table: "ModelTable | None") -> None:
        """Shows a preset, before and after it was read."""
        self.set_class(item is not None and bool(item.error), "-broken")
        self.border_title = Content(f"2 {item.title if item else 'Model'}")
        self.border_subtitle = Content(totals(table)) if table else None
        self.query_one(".description", Static).update(_description(item))
        self.query_one(LayerTable).show(table)

    def focus_layers(self) -> None:
        """Puts the focus on the layers."""
        self.query_one(OptionList).focus()


def _description(item: PresetItem | None) -> str:
    if item is None:
        return "No preset fits the filter."
    if item.draft is None:
        return item.error
    return printable(item.draft.preset.config.description)
