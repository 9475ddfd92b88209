"""Small questions on top of a screen. Escape always means: never mind."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from cnn_tui.runs.orders import MAX_COUNT
from cnn_tui.text import count
from cnn_tui.ui.widgets.text_input import TextInput

Check = Callable[[str], str | None]
"""Returns what is wrong with a text, None if nothing is."""


class Choose(ModalScreen[str | None]):
    """Asks what to do where one key must not decide; returns the key pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
    ]

    def __init__(
        self, title: str, *, explanation: str, choices: Mapping[str, str]
    ) -> None:
        """``choices`` says what each key does; no other key does anything."""
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._choices = dict(choices)

    def compose(self) -> ComposeResult:
        """Makes a box with the question and the keys that answer it."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Label(self._explanation, markup=False)
            for key, doing in self._choices.items():
                yield Label(choice(key, doing))
            yield Label(choice("esc", "back"))

    def on_key(self, event: events.Key) -> None:
        """Takes the answer."""
        if event.key in self._choices:
            event.stop()
            self.dismiss(event.key)


class Wait(ModalScreen[None]):
    """Says what is being waited for; nothing can be pressed."""

    def __init__(self, title: str, explanation: str) -> None:
        """Shows a sentence until the program goes on."""
        super().__init__()
        self._title = title
        self._explanation = explanation

    def compose(self) -> ComposeResult:
        """Makes a box with the sentence."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Label(self._explanation, markup=False)


class AskText(ModalScreen[str | None]):
    """Asks for one line of text, a number or a name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
    ]

    def __init__(self, title: str, *, prompt: str, value: str, check: Check) -> None:
        """``check`` says, while typing, what is wrong with the text."""
        super().__init__()
        self._title = title
        self._prompt = prompt
        self._value = value
        self._check = check

    def compose(self) -> ComposeResult:
        """Makes a box with one field."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Label(self._prompt, markup=False)
            yield TextInput(self._value, compact=True)
            yield Label(classes="problem", markup=False)
            yield Label(choice("enter", "send") + choice("esc", "back"))

    @on(Input.Changed)
    def _show_problem(self, event: Input.Changed) -> None:
        explain(self.query_one(".problem", Label), self._check(event.value))

    @on(Input.Submitted)
    def _send(self, event: Input.Submitted) -> None:
        if self._check(event.value) is None:
            self.dismiss(event.value)


class ChangeValues(ModalScreen[dict[str, str] | None]):
    """Shows the live values in fields; Enter returns those that were changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("down", "app.focus_next", "next"),
        Binding("up", "app.focus_previous", "previous"),
    ]

    def __init__(
        self, values: Mapping[str, str], check: Callable[[str, str], str | None]
    ) -> None:
        """``check(name, text)`` says what is wrong with a value, None if nothing is."""
        super().__init__()
        self._values = dict(values)
        self._check = check

    def compose(self) -> ComposeResult:
        """Makes a row with name, field and problem for each value."""
        with Vertical(classes="dialog"):
            yield Label("Change from the next update on", classes="title")
            for name, value in self._values.items():
                with Horizontal(classes="value"):
                    yield Label(name, markup=False)
                    yield TextInput(value, name=name, compact=True)
                yield Label(classes="problem", id=f"problem-{name}", markup=False)
            yield Label(choice("enter", "send what was changed"))
            yield Label(choice("esc", "back"))

    @on(Input.Changed)
    def _show_problem(self, event: Input.Changed) -> None:
        name = event.input.name or ""
        problem = self._problem(name, event.value)
        explain(self.query_one(f"#problem-{name}", Label), problem)

    @on(Input.Submitted)
    def _send(self) -> None:
        texts = {field.name or "": field.value.strip() for field in self.query(Input)}
        changed = {
            name: text for name, text in texts.items() if text != self._values[name]
        }
        if not any(self._problem(name, text) for name, text in changed.items()):
            self.dismiss(changed)

    def _problem(self, name: str, text: str) -> str | None:
        if text.strip() == self._values[name]:
            return None
        return self._check(name, text.strip())


def positive_count(text: str) -> str | None:
    """Says what is wrong with a number of updates: 50 and +50 are one and the same."""
    digits = text.strip().removeprefix("+")
    # int() refuses thousands of digits.
    if not digits.isdecimal() or len(digits) > 10 or not 1 <= int(digits) <= MAX_COUNT:
        return f"must be a whole number from 1 to {count(MAX_COUNT)}"
    return None


def explain(label: Label, problem: str | None) -> None:
    """Shows what is wrong with a value; no row where nothing is."""
    label.update(problem or "")
    label.display = problem is not None


def choice(key: str, doing: str) -> Content:
    """Returns the line that says what a key does."""
    return Content.assemble((f"{key:>6} ", "bold $accent"), f" {doing}")
