"""The chosen preset's model: title, description, layers."""

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from cnn_tui.text import printable
from cnn_tui.ui.widgets.layer_table import LayerTable, totals
from cnn_tui.ui.widgets.preset_list import PresetItem

if TYPE_CHECKING:
    from cnn_tui.layers import ModelTable


_LEAST_DESCRIPTION = 2
"""Rows that it has in any case; more can be scrolled to."""


class Description(VerticalScroll):
    """Some sentences; if there are more than fit, they can be scrolled."""

    def compose(self) -> ComposeResult:
        """Yields the text."""
        yield Static(markup=False)

    def allow_focus(self) -> bool:
        """Takes the focus only if there is something to scroll."""
        return self.max_scroll_y > 0


class ModelPane(Vertical):
    """What would be trained, or why it cannot be."""

    DEFAULT_CSS = """
    ModelPane {
        & > Description {
            height: auto;
            margin-bottom: 1;
            scrollbar-size-vertical: 1;
        }
        &.-broken > Description { color: $text-error; }
        &.-broken > LayerTable { display: none; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yields the description and the layers."""
        yield Description()
        yield LayerTable()

    def show(self, item: PresetItem | None) -> None:
        """Shows a preset, before and after it was read, still without its layers."""
        title = item.title if item else "Model"
        self.border_title = Content.assemble(("2", "$text-accent"), f" {title}")
        self.set_class(item is not None and bool(item.error), "-broken")
        description = _description(item)
        self.query_one(Description).display = bool(description)
        self.query_one("Description > Static", Static).update(description)

    def show_layers(self, table: "ModelTable | None") -> None:
        """Shows the layers of the preset."""
        layers = self.query_one(LayerTable)
        if table != layers.table:
            self.border_subtitle = Content(totals(table)) if table else None
            layers.show(table)
        self._share_height()

    def on_resize(self, _event: events.Resize) -> None:
        """Shares the height that there is now."""
        self._share_height()

    def focus_layers(self) -> None:
        """Puts the focus on the layers."""
        self.query_one(OptionList).focus()

    def _share_height(self) -> None:
        """Lets the description have what the layers leave: those are read first."""
        room = self.size.height - self.query_one(LayerTable).whole_height - 1
        self.query_one(Description).styles.max_height = max(room, _LEAST_DESCRIPTION)


def _description(item: PresetItem | None) -> str:
    if item is None:
        return "No preset fits the filter."
    if item.draft is None:
        return item.error
    return printable(item.draft.preset.config.description)
