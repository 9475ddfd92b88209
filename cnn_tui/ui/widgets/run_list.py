"""A list of runs that stays quick however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from cnn_tui.runs import records
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.run_table import (
    GroupRow,
    Layout,
    Row,
    group_line,
    row,
    shared_names,
)

AGE_SECONDS = 60.0


class RunList(ScrollView, can_focus=True):
    """One line per run, made when it comes into view; one is selected."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "move_page(-1)", "page up", show=False),
        Binding("pagedown", "move_page(1)", "page down", show=False),
        Binding("home", "first", "first", show=False),
        Binding("end", "last", "last", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-list--selected"}
    DEFAULT_CSS = """
    RunList {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $foreground 5%;
        & > .run-list--selected {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """

    selected: reactive[int] = reactive(0, repaint=False, init=False)
    """The place of the run that Enter opens."""

    class Selected(Message):
        """Another run is selected, or the selected one changed."""

    @dataclass
    class Opened(Message):
        """A run was chosen."""

        path: Path

    @dataclass
    class GroupOpened(Message):
        """A group was chosen, to be folded or unfolded."""

        row: GroupRow

    def __init__(self, glyphs: Glyphs) -> None:
        """Is empty."""
        super().__init__()
        self._glyphs = glyphs
        self._rows: Sequence[Row] = ()
        self._shown: Layout | None = None
        self._shared = frozenset[str]()
        self.marked: dict[Path, None] = {}
        """In the order in which they were marked."""
        self._awaited: Path | str = ""

    def show_rows(self, rows: Sequence[Row], layout: Layout) -> None:
        """Shows other runs and groups; the same one stays selected."""
        names, selected, before = list(map(_name, rows)), self._selected_row, self._rows
        is_other = layout != self._shown or names != list(map(_name, before))
        self._rows, self._shown = rows, layout
        self._shared = shared_names(r for r in rows if isinstance(r, RunSummary))
        if not is_other:
            for index, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old != new:
                    self.refresh_line(index)
            return
        self._resize()
        known = _name(selected) if selected else ""
        wanted = self._awaited if self._awaited in names else known
        if wanted in names:
            self.selected = names.index(wanted)
        self.selected = min(self.selected, max(0, len(rows) - 1))
        self.refresh()

    def select(self, run: Path) -> None:
        """Selects a run, once it is there, unless another one is selected before."""
        self._awaited = run
        if run in (names := list(map(_name, self._rows))):
            self.selected = names.index(run)

    def on_mount(self) -> None:
        """Lets the ages of the runs stay true."""
        self.set_interval(AGE_SECONDS, self.refresh)

    def render_line(self, y: int) -> Strip:
        """Returns the run at row ``y`` of the widget."""
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if not 0 <= index < len(self._rows) or width <= 0:
            return Strip.blank(width, self.rich_style)
        line = self._line(self._rows[index], width)
        line = line.truncate(width, ellipsis=True, pad=True)
        style = self.visual_style
        if index == self.selected:
            style += self.get_visual_style("run-list--selected")
            line = line.without_spans
        return Visual.to_strips(self, line, width, 1, style, pad=True)[0]

    def watch_selected(self, old: int, new: int) -> None:
        """Moves the bar, and the list if the bar would leave it."""
        self.refresh_line(old)
        self.refresh_line(new)
        row_region = Region(0, new, 1, 1)
        self.scroll_to_region(row_region, animate=False, force=True, immediate=True)
        self.post_message(self.Selected())

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the width that there is now."""
        self._resize()

    def on_click(self, event: events.Click) -> None:
        """Selects a run, or opens the one that is selected."""
        index = event.y + self.scroll_offset.y
        if index == self.selected:
            self.open_selected()
        elif 0 <= index < len(self._rows):
            self.action_move(index - self.selected)

    def open_selected(self) -> None:
        """Tells which run was chosen, or which group."""
        chosen = self._selected_row
        if isinstance(chosen, RunSummary):
            self.post_message(self.Opened(chosen.path))
        elif chosen is not None:
            self.post_message(self.GroupOpened(chosen))

    def toggle_mark(self) -> None:
        """Marks the selected run, or takes its mark away; the next one is selected."""
        if self.current:
            path = self.current.path
            if path in self.marked:
                del self.marked[path]
            else:
                self.marked[path] = None
            self.refresh_line(self.selected)
            self.action_move(1)

    def action_move(self, lines: int) -> None:
        """Selects another run."""
        self._awaited = ""
        last = max(0, len(self._rows) - 1)
        self.selected = min(max(0, self.selected + lines), last)

    def action_move_page(self, pages: int) -> None:
        """Selects a run one page away."""
        self.action_move(pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Selects the first run."""
        self.action_move(-len(self._rows))

    def action_last(self) -> None:
        """Selects the last run."""
        self.action_move(len(self._rows))

    @property
    def current(self) -> RunSummary | None:
        """The selected run; None on a group."""
        selected = self._selected_row
        return selected if isinstance(selected, RunSummary) else None

    @property
    def _selected_row(self) -> Row | None:
        inside = 0 <= self.selected < len(self._rows)
        return self._rows[self.selected] if inside else None

    def _line(self, shown: Row, width: int) -> Content:
        if isinstance(shown, GroupRow) or self._shown is None:
            return group_line(shown) if isinstance(shown, GroupRow) else Content()
        line = row(
            shown,
            self._glyphs,
            records.now(),
            layout=self._shown,
            width=width,
            shared=self._shared,
        )
        if shown.path in self.marked:
            line = line[:1] + Content.styled("*", "bold") + line[2:]
        return line

    def _resize(self) -> None:
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self._rows))


def _name(row: Row) -> Path | str:
    """Returns what a row is known by."""
    return row.path if isinstance(row, RunSummary) else row.group.title
