"""The form of hyperparameters."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from cnn_tui.ui.form_fields import COLUMNS
from cnn_tui.ui.widgets.field import Field

if TYPE_CHECKING:
    from cnn_tui.ui.draft import FormView


class Form(VerticalScroll, can_focus=False):
    """Fields in groups; wide forms have two columns."""

    DEFAULT_CSS = """
    Form {
        scrollbar-size-vertical: 1;
        & > .columns { height: auto; }
        &.-empty > * { display: none; }
        & .column { height: auto; width: 1fr; }
        & .group {
            height: auto;
            border-top: solid $foreground 20%;
            border-title-color: $foreground;
            border-title-style: bold;
        }
        & > .others { height: auto; color: $text-error; }
    }
    """

    def compose(self) -> ComposeResult:
        """Yields nothing before the choices are known but the line of problems."""
        yield Container(classes="columns")
        yield Static(classes="others", markup=False)

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by key."""
        return {field.key: field for field in self.query(Field)}

    async def build(self, choices: Mapping[str, Sequence[str]]) -> None:
        """Makes the fields, those with few values as choices among them."""
        columns = self.query_one(".columns")
        await columns.remove_children()
        await columns.mount(*(_column(groups, choices) for groups in COLUMNS))

    def show(self, view: "FormView | None", *, refill: bool) -> None:
        """Shows values and problems; ``refill`` replaces what is being typed, too."""
        self.set_class(view is None, "-empty")
        if view is None:
            return
        with self.app.batch_update():
            for key, field in self.fields.items():
                field.show(view.fields.get(key), refill=refill)
            self.query_one(".others", Static).update("\n".join(view.problems))

    def focus_first(self, *, wrong: bool = False) -> None:
        """Puts the focus on the first field, or the first with an error."""
        fields = (f for f in self.query(Field) if f.display)
        first = next((f for f in fields if not wrong or f.has_class("-wrong")), None)
        if first is not None:
            first.focus_editor()


def _column(
    groups: Mapping[str, Sequence[str]], choices: Mapping[str, Sequence[str]]
) -> Vertical:
    return Vertical(
        *(_group(title, keys, choices) for title, keys in groups.items()),
        classes="column",
    )


def _group(
    title: str, keys: Sequence[str], choices: Mapping[str, Sequence[str]]
) -> Vertical:
    group = Vertical(
        *(Field(key, choices.get(key, ())) for key in keys), classes="group"
    )
    group.border_title = title
    return group
