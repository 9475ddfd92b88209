"""The trials of a sweep, a line each; one is selected, the head stays in sight."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.visual import Visual

from cnn_tui.ui.widgets.lines import Lines


class TrialTable(Lines, can_focus=True):
    """Row 0 is the head; the others are trials, told apart by their numbers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "move_page(-1)", "page up", show=False),
        Binding("pagedown", "move_page(1)", "page down", show=False),
        Binding("home", "first", "first", show=False),
        Binding("end", "last", "last", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"trial-table--selected"}
    DEFAULT_CSS = """
    TrialTable > .trial-table--selected {
        background: $block-cursor-background;
        color: $block-cursor-foreground;
    }
    """

    selected: reactive[int] = reactive(1, repaint=False, init=False)
    """The row of the trial that keys are meant for."""

    class Chosen(Message):
        """A click asks for the selected trial."""

    def __init__(self) -> None:
        """Is empty."""
        super().__init__()
        self.border_title = "Trials"
        self._numbers: Sequence[int] = ()

    @property
    def number(self) -> int | None:
        """The number of the selected trial."""
        place = self.selected - 1
        return self._numbers[place] if 0 <= place < len(self._numbers) else None

    def show_trials(
        self, head: Content, numbers: Sequence[int], lines: Sequence[Content]
    ) -> None:
        """Shows other trials, or others first; the same one stays selected."""
        kept, self._numbers = self.number, numbers
        self.show([head.stylize("$foreground 60%"), *lines])
        place = numbers.index(kept) if kept in numbers else self.selected - 1
        self.selected = max(1, min(place + 1, len(numbers)))

    def render_line(self, y: int) -> Strip:
        """Returns the row at ``y`` of the widget; the first is the head."""
        return self.strip(0 if y == 0 else y + self.scroll_offset.y)

    def strip(self, index: int) -> Strip:
        """Returns a row, marked if it is the selected one."""
        if index != self.selected or not index < len(self._rows):
            return super().strip(index)
        width = self.scrollable_content_region.width
        line = self._rows[index].truncate(width, ellipsis=True, pad=True)
        style = self.visual_style + self.get_visual_style("trial-table--selected")
        return Visual.to_strips(self, Content(line.plain), width, 1, style, pad=True)[0]

    def watch_selected(self, old: int, new: int) -> None:
        """Draws both rows, and keeps the new one in sight, below the head."""
        self.scroll_to_region(
            Region(0, new - 1, 1, 2), animate=False, immediate=True, force=True
        )
        top = self.scroll_offset.y
        self.refresh(
            Region(0, old - top, self.size.width, 1),
            Region(0, new - top, self.size.width, 1),
        )

    def on_click(self, event: events.Click) -> None:
        """Selects a trial, and asks for the selected one."""
        row = event.y + self.scroll_offset.y
        if event.y > 0 and row < len(self._rows):
            if row == self.selected:
                self.post_message(self.Chosen())
            self.selected = row

    def action_move(self, by: int) -> None:
        """Selects a trial further up or down."""
        self.selected = max(1, min(self.selected + by, len(self._numbers)))

    def action_move_page(self, by: int) -> None:
        """Selects one a page further up or down."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_first(self) -> None:
        """Selects the first one."""
        self.selected = 1

    def action_last(self) -> None:
        """Selects the last one."""
        self.selected = max(1, len(self._numbers))
