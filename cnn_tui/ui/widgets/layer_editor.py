"""The layer table with keys that change the layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from cnn_tui.text import printable
from cnn_tui.ui.actions import LAYERS
from cnn_tui.ui.widgets.layer_table import LayerRows, LayerTable
from cnn_tui.ui.widgets.text_input import TextInput

if TYPE_CHECKING:
    from cnn_tui.shaping.edit import Items, Path
    from cnn_tui.shaping.outline import Outline, OutlineRow
    from cnn_tui.ui.draft import Draft, FormView


_EDITS = {action.name.partition("(")[0] for action in LAYERS}


class ParameterLine(TextInput):
    """Where the parameters of a layer are typed; it is there only meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "never mind"),
        Binding("tab", "complete", "complete"),
    ]

    class Left(Message):
        """Somebody thought better of it."""

    name_of_layer = ""

    def action_leave(self) -> None:
        """Ends without a change."""
        self.post_message(self.Left())

    def action_complete(self) -> None:
        """Completes the last word."""
        from cnn_tui.shaping.typed import completion

        self.value = completion(self.name_of_layer, self.value)
        self.cursor_position = len(self.value)


class LayerEditor(LayerTable):
    """Layers to insert, delete, move, duplicate and set the parameters of."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in LAYERS]
    DEFAULT_CSS = """
    LayerEditor {
        & > ParameterLine { display: none; }
        & > .others { display: none; height: 1; color: $text-muted; }
    }
    """

    @dataclass
    class Edited(Message):
        """The layers are to be these."""

        draft: "Draft"

    class TypeWanted(Message):
        """Somebody has to choose the type of a new layer."""

    @dataclass
    class ExplanationWanted(Message):
        """Somebody wants to know more of a layer, None being the input."""

        outline: "Outline"
        row: "OutlineRow | None"

    @dataclass
    class TransformationWanted(Message):
        """Somebody has to choose how the net is transformed."""

        draft: "Draft"
        view: "FormView"

    _draft: "Draft | None" = None
    _view: "FormView | None" = None
    _before: "Draft | None" = None
    """The draft that the line which is being typed changes."""
    _typed_at: "Path" = ()

    def compose(self) -> ComposeResult:
        """Yields the table and, below it, the line to type parameters in."""
        yield from super().compose()
        yield ParameterLine(compact=True, select_on_focus=False)
        yield Static(classes="others", markup=False)

    def edit(self, draft: "Draft | None", view: "FormView | None") -> None:
        """Shows the layers of a draft, or none."""
        self._draft, self._view = draft, view
        outline = view.outline if view else None
        changed = view.changed if view else frozenset()
        remedy = view.remedy.words if view and view.remedy else ""
        is_shown = (outline, changed, remedy) == self.shown
        if not is_shown or self.is_to_move:
            self.show(outline, changed, remedy)

    def show_problem(self) -> None:
        """Puts the cursor on the layer that is wrong."""
        if self.outline is not None and self.outline.problem is not None:
            self.highlight(self.outline.problem.path)
            self.show(*self.shown)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tells which edits there are now."""
        if action not in _EDITS:
            return True
        draft, view = self._draft, self._view
        if draft is None or view is None or self._before is not None:
            return False
        can_be: dict[tuple[object, ...], bool] = {
            ("remedy",): view.remedy is not None,
            ("undo",): bool(draft.history.past),
            ("redo",): bool(draft.history.future),
        }
        return can_be.get(parameters, True)

    def action_edit(self, step: str) -> None:
        """Does one of the steps of ``reshaping`` at the highlighted layer."""
        from cnn_tui.ui import reshaping

        if self._draft is not None and self.row is not None:
            self._take(*reshaping.AT_A_LAYER[step](self._draft, self.row.path))

    def action_revise(self, step: str) -> None:
        """Goes back before an edit, forth again, or applies the remedy."""
        from cnn_tui.ui import reshaping

        draft, view = self._draft, self._view
        if draft is None or view is None:
            return
        if step == "remedy" and view.remedy:
            changed = draft.with_layers(view.remedy.items)
        else:
            changed = draft.undone() if step == "undo" else draft.redone()
        self._take(*reshaping.looked_at(draft, changed))

    def action_fold(self, folded: bool) -> None:
        """Hides or shows the layers of the residual that the cursor is on or in."""
        row = self.row
        if row is None or self.outline is None:
            return
        around = [r for r in self.outline.rows if row.path[: len(r.path)] == r.path]
        residuals = [r for r in around if r.is_residual]
        if residuals:
            self.fold(residuals[-1], folded=folded)

    def action_insert(self) -> None:
        """Asks for the type of a new layer."""
        self.post_message(self.TypeWanted())

    def insert(self, name: str | None) -> None:
        """Puts a layer of some type below the highlighted one."""
        from cnn_tui.shaping.kinds import asks
        from cnn_tui.ui import reshaping

        before, row = self._draft, self.row
        if name is None or before is None or self.outline is None:
            return
        is_folded = row is not None and self.is_folded(row.item)
        path = reshaping.place_for_new(row, is_folded=is_folded)
        draft = reshaping.with_new(before, name, path, self.outline)
        self._take(draft, path)
        if asks(name):
            self._type(before, draft, path)

    def action_explain(self) -> None:
        """Asks for the page of the highlighted layer."""
        if self.outline is not None:
            self.post_message(self.ExplanationWanted(self.outline, self.row))

    def action_transform(self) -> None:
        """Asks how the net is to be transformed."""
        if self._draft is not None and self._view is not None:
            self.post_message(self.TransformationWanted(self._draft, self._view))

    def look_at(self, number: str | None) -> None:
        """Puts the cursor on a layer, unfolding nothing."""
        if number is not None and self.outline is not None:
            self.highlight(tuple(int(part) - 1 for part in number.split(".")))
            self.show(*self.shown)

    def take_net(self, items: "Items | None") -> None:
        """Takes another net, as one edit."""
        from cnn_tui.ui import reshaping

        if items is not None and self._draft is not None:
            changed = self._draft.with_layers(items)
            self._take(*reshaping.looked_at(self._draft, changed))

    def action_type(self) -> None:
        """Lets the parameters of the highlighted layer be typed."""
        if self._draft is not None and self.row is not None:
            self._type(self._draft, self._draft, self.row.path)

    def _type(self, before: "Draft", draft: "Draft", path: "Path") -> None:
        """Opens the line with the parameters, the first value selected."""
        from cnn_tui.shaping.edit import item_at, name_of
        from cnn_tui.shaping.typed import write

        item = item_at(draft.layers, path)
        line = self.query_one(ParameterLine)
        line.name_of_layer = name_of(item)
        self._before, self._typed_at = before, path
        self._show_line(shown=True)
        with self.prevent(Input.Changed):
            line.value = write(item)
        line.selection = Selection(*_first_value(line.value))
        self.screen.set_focus(line)  # at once: what is typed next is for it
        self._show_others(draft)

    @on(Input.Changed)
    def _follow(self, event: Input.Changed) -> None:
        """Gives the layer what is typed, at each key."""
        from cnn_tui.ui import reshaping

        event.stop()
        if self._before is not None and self._draft is not None:
            path = self._typed_at
            draft = reshaping.with_line(self._before, self._draft, path, event.value)
            self._take(draft, path)
            self._show_others(draft)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self._end()

    @on(ParameterLine.Left)
    def _never_mind(self) -> None:
        if self._before is not None:
            self._take(self._before, self._typed_at)
        self._end()

    @on(events.DescendantBlur)
    def _leave(self) -> None:
        """Keeps what was typed: the focus went elsewhere."""
        line = self.query_one(ParameterLine)
        if self._before is not None and self.screen.focused is not line:
            self._end(focus=False)

    def _end(self, *, focus: bool = True) -> None:
        self._before = None
        self._show_line(shown=False)
        if focus:
            self.query_one(LayerRows).focus()

    def _show_line(self, *, shown: bool) -> None:
        for widget in self.query("ParameterLine, .others"):
            widget.display = shown

    def _show_others(self, draft: "Draft") -> None:
        """Shows the parameters that could be typed as well."""
        from cnn_tui.shaping.edit import item_at
        from cnn_tui.shaping.typed import others

        item = item_at(draft.layers, self._typed_at)
        self.query_one(".others", Static).update(printable(others(item)))

    def _take(self, draft: "Draft", path: "Path | None") -> None:
        """Asks for other layers, and for the cursor at one of them."""
        self.highlight(path)
        self.post_message(self.Edited(draft))


def _first_value(line: str) -> tuple[int, int]:
    """Returns where the value of the first parameter begins and ends."""
    start = line.find(" ") + 1
    end = line.find(" ", start)
    return start, end if end >= 0 else len(line)
