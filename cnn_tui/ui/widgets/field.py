"""One value of the form: its name, where it is edited, what is to be said about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from cnn_tui.ui.form_fields import FieldView, label
from cnn_tui.ui.widgets.choice import Choice
from cnn_tui.ui.widgets.text_input import TextInput


class Field(Horizontal):
    """A row of the form."""

    DEFAULT_CSS = """
    Field {
        height: 1;
        & > .label { width: 19; color: $text-muted; }
        & > Input { width: 15; margin-right: 1; }
        & > Choice { margin-right: 1; }
        & > .hint { width: 1fr; color: $text-muted; }
        &.-changed > .label { color: $text-accent; }
        &.-wrong { height: auto; }
        &.-wrong > .hint { color: $text-error; }
    }
    """

    @dataclass
    class Changed(Message):
        """Somebody gave the field another text."""

        key: str
        text: str

    def __init__(self, key: str, choices: Sequence[str]) -> None:
        """Makes the row of one key, with its choices if there are few."""
        super().__init__()
        self.key = key
        self._choices = choices
        self._view: FieldView | None = None
        self.display = False

    def compose(self) -> ComposeResult:
        """Yields the name, the editor and the hint."""
        yield Static(f"  {label(self.key)}", classes="label", markup=False)
        yield self._editor()
        yield Static(classes="hint", markup=False)

    def show(self, view: FieldView | None, *, refill: bool) -> None:
        """Shows a view, or nothing where the field does not apply.

        While somebody types, the text is theirs, unless ``refill`` says otherwise.
        """
        old, self._view = self._view, view
        # All fields are told of every key that is pressed: few have something to do.
        if (view is None) != (old is None):
            self.display = view is not None
        if view is not None:
            if refill or view != old:
                self._set_text(view, refill=refill)
            if view != old:
                self._set_notes(view)

    def on_resize(self) -> None:
        """Lets a choice bring its value into sight."""
        editor = self.children[1]
        if isinstance(editor, Choice):
            editor.refresh(layout=True)

    def focus_editor(self) -> None:
        """Puts the focus where the value is edited."""
        self.children[1].focus()

    def _editor(self) -> Input | Choice:
        if self._choices:
            return Choice(self._choices)
        return TextInput(compact=True, select_on_focus=True)

    def _set_text(self, view: FieldView, *, refill: bool) -> None:
        editor = self.children[1]
        if isinstance(editor, Choice):
            editor.value = view.text
        elif isinstance(editor, Input):
            editor.placeholder = view.placeholder
            if refill or not editor.has_focus:
                with editor.prevent(Input.Changed):
                    editor.value = view.text

    def _set_notes(self, view: FieldView) -> None:
        mark = "•" if view.changed else " "
        name = f"{mark} {label(self.key)}"
        self.query_one(".label", Static).update(name, layout=False)
        hint = "" if self._choices else view.hint
        note = f"✗ {view.error}" if view.error else hint
        # An error may need more lines than there are.
        needs_layout = bool(view.error) or self.has_class("-wrong")
        self.query_one(".hint", Static).update(note, layout=needs_layout)
        self.set_class(view.changed, "-changed")
        self.set_class(bool(view.error), "-wrong")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self.key, event.value))

    @on(Choice.Chosen)
    def _chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        self.post_message(self.Changed(self.key, event.value))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()
