"""The chosen preset's model: title, description, layers."""

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cnn_tui.text import printable
from cnn_tui.ui.widgets.layer_editor import LayerEditor
from cnn_tui.ui.widgets.layer_table import LayerRows, totals
from cnn_tui.ui.widgets.preset_list import PresetItem

if TYPE_CHECKING:
    from cnn_tui.ui.draft import Draft, FormView


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

    _title = "Model"

    def compose(self) -> ComposeResult:
        """Yields the description and the layers."""
        yield Description()
        yield LayerEditor()

    def show(self, item: PresetItem | None) -> None:
        """Shows a preset, before and after it was read, still without its layers."""
        self._title = item.title if item else "Model"
        self._entitle(self._title)
        self.set_class(item is not None and bool(item.error), "-broken")
        description = _description(item)
        self.query_one(Description).display = bool(description)
        self.query_one("Description > Static", Static).update(description)

    def show_layers(self, draft: "Draft | None", view: "FormView | None") -> None:
        """Shows the layers of the preset, edited or not."""
        layers = self.query_one(LayerEditor)
        if draft is None or view is None:
            self.border_subtitle = None
            layers.edit(None, None)
        else:
            self._entitle(
                f"{self._title} · edited" if draft.is_reshaped else self._title
            )
            self.border_subtitle = _summary(view)
            layers.edit(draft, view)
        self._share_height()

    def on_resize(self, _event: events.Resize) -> None:
        """Shares the height that there is now."""
        self._share_height()

    def _entitle(self, title: str) -> None:
        self.border_title = Content.assemble(("2", "$text-accent"), f" {title}")

    def focus_layers(self) -> None:
        """Puts the focus on the layers."""
        self.query_one(LayerRows).focus()

    def _share_height(self) -> None:
        """Lets the description have what the layers leave: those are read first."""
        room = self.size.height - self.query_one(LayerEditor).whole_height - 1
        self.query_one(Description).styles.max_height = max(room, _LEAST_DESCRIPTION)


def _summary(view: "FormView") -> Content:
    """Returns the size of the model, or where it cannot be."""
    if (fault := view.outline.fault) is None:
        return Content(totals(view.outline.table))
    remedy = f" · f: {printable(view.remedy.words)}" if view.remedy else ""
    where = f"layer {fault.number}" if fault.number else "the end"
    return Content.styled(f"✗ {where}{remedy}", "$text-error")


def _description(item: PresetItem | None) -> str:
    if item is None:
        return "No preset fits the filter."
    if item.draft is None:
        return item.error
    return printable(item.draft.preset.config.description)
