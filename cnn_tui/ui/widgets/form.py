"""The form of hyperparameters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from cnn_tui.ui.form_fields import COLUMNS, NOTES, SOURCE
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.source_field import SourceField

if TYPE_CHECKING:
    from cnn_tui.ui.draft import FormView


_NOTHING = "There is nothing to set until this is corrected in the file:"


class Form(VerticalScroll, can_focus=False):
    """Fields in groups; wide forms have two columns."""

    DEFAULT_CSS = """
    Form {
        scrollbar-size-vertical: 1;
        & > .columns { height: auto; }
        & .column { height: auto; width: 1fr; }
        & .group {
            height: auto;
            border-top: solid $foreground 20%;
            border-title-color: $foreground;
            border-title-style: bold;
        }
        & .note { color: $text-muted; }
        & > .others { height: auto; color: $text-error; }
        & > .nothing { height: auto; color: $text-muted; display: none; }
    }
    """

    _fields: Sequence[Field] = ()

    def compose(self) -> ComposeResult:
        """Yields empty columns, the line of problems and what may stand instead."""
        with Container(classes="columns"):
            for _ in COLUMNS:
                yield Vertical(classes="column")
        yield Static(classes="others", markup=False)
        yield Static(classes="nothing", markup=False)

    async def build(self, choices: Mapping[str, Sequence[str]]) -> None:
        """Makes the fields, those with few values as choices among them."""
        for column, groups in zip(self.query(".column"), COLUMNS, strict=True):
            for title, keys in groups.items():
                # One group at a time, so that keys are heard in between.
                await column.mount(_group(title, keys, choices))
        self._fields = list(self.query(Field))

    @property
    def shown(self) -> list[Field]:
        """The fields that apply."""
        return [field for field in self._fields if field.display]

    def show(self, view: "FormView | None", *, refill: bool, error: str = "") -> None:
        """Shows values and problems, or the ``error`` that there are none for.

        ``refill`` replaces what is being typed, too.
        """
        nothing = self.query_one(".nothing", Static)
        for child in self.children:
            child.display = (child is nothing) == (view is None)
        if view is None:
            nothing.update(f"{_NOTHING}\n{error}" if error else "")
            return
        for field in self._fields:
            field.show(view.fields.get(field.key), refill=refill)
        others = self.query_one(".others", Static)
        if view.problems or others.content:
            others.update("\n".join(view.problems))

    def focus_first(self, *, wrong: bool = False) -> None:
        """Puts the focus on the first field, or the first with an error."""
        for field in self._fields:
            if field.display and (field.has_class("-wrong") or not wrong):
                field.focus_editor()
                return


def _group(
    title: str, keys: Sequence[str], choices: Mapping[str, Sequence[str]]
) -> Vertical:
    group = Vertical(*_rows(keys, choices), classes="group")
    group.border_title = title
    return group


def _rows(
    keys: Sequence[str], choices: Mapping[str, Sequence[str]]
) -> Iterator[Widget]:
    for key in keys:
        yield SourceField() if key == SOURCE else Field(key, choices.get(key, ()))
        if key in NOTES:
            yield Static(f"  {NOTES[key]}", classes="note", markup=False)
