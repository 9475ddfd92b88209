"""Where the images come from: a name, or a path that is looked at when it is whole."""

import asyncio
import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from cnn_tui.datasets.facts import DATASETS
from cnn_tui.ui.form_fields import SOURCE
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.text_input import TextInput

if TYPE_CHECKING:
    from cnn_tui.ui.data_source import Source

_MOST_ENTRIES = 10_000
"""Of a folder that are looked through for a name to suggest."""


class _Interrupted(Exception):
    """Nobody wants to know any more."""


class SourceField(Field):
    """A row of the form whose value may take long to look at.

    It is looked at in a thread, when somebody leaves the field and not before.
    """

    DEFAULT_CSS = """
    SourceField {
        & > Input { width: 1fr; }
        & > .hint { width: auto; max-width: 50%; }
    }
    """

    @dataclass
    class Left(Message):
        """What was typed may be whole."""

    @dataclass
    class Told(Message):
        """How far the look at a text is."""

        text: str
        sentence: str

    @dataclass
    class Looked(Message):
        """What a text means is known."""

        source: "Source"

    _looking_at = ""

    def __init__(self) -> None:
        """Makes the row of the data set."""
        super().__init__(SOURCE, ())

    @property
    def is_looking(self) -> bool:
        """Whether a look is being taken."""
        return bool(self._looking_at)

    def look_at(self, text: str) -> None:
        """Begins to look, unless that is what it does already."""
        if text != self._looking_at:
            self._looking_at = text
            self._hint("looking…")
            self._look(text)

    def interrupt(self) -> None:
        """Ends the look."""
        self._looking_at = ""
        self._hint("interrupted: enter looks there")

    def on_descendant_blur(self) -> None:
        """Tells that the field was left; a terminal that was left means nothing."""
        if self.app.app_focus:
            self.post_message(self.Left())

    def on_unmount(self) -> None:
        """Lets the thread end."""
        self._looking_at = ""

    def _editor(self) -> Input:
        return TextInput(
            compact=True, select_on_focus=True, suggester=SourceSuggester()
        )

    @on(Input.Changed)
    def _forget_look(self) -> None:
        self._looking_at = ""
        self._show_own_hint()

    @work(thread=True)
    def _look(self, text: str) -> None:
        # Only here, in a thread: a folder of millions takes minutes.
        from cnn_tui.ui.data_source import look_at

        def tell(sentence: str) -> None:
            if text != self._looking_at:
                raise _Interrupted
            self.post_message(self.Told(text, sentence))

        try:
            source = look_at(text, tell)
        except _Interrupted:
            return
        if text == self._looking_at:
            self._looking_at = ""
            self.post_message(self.Looked(source))

    @on(Told)
    def _show_progress(self, event: Told) -> None:
        event.stop()
        if event.text == self._looking_at and event.sentence:
            self._hint(f"{event.sentence} · esc ends")

    @on(Looked)
    def _show_own_hint(self) -> None:
        """Shows what there is to say when no look is being taken."""
        if self._view is not None:
            self._set_notes(self._view)

    def _hint(self, text: str) -> None:
        self.query_one(".hint", Static).update(text)


class SourceSuggester(Suggester):
    """Completes the name of a data set, a folder or an .npz file."""

    def __init__(self) -> None:
        """Looks anew each time: files come and go."""
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Returns the first that begins so; of a folder only its own entries count."""
        if os.sep not in value:
            return next((n for n in DATASETS if value and n.startswith(value)), None)
        return await asyncio.to_thread(_completed, value)


def _completed(value: str) -> str | None:
    folder, _, start = value.rpartition(os.sep)
    try:
        with os.scandir(os.path.expanduser(folder + os.sep)) as entries:
            names = sorted(
                entry.name + os.sep * entry.is_dir()
                for entry in islice(entries, _MOST_ENTRIES)
                if entry.name.startswith(start)
                and (start or not entry.name.startswith("."))
                and (entry.is_dir() or entry.name.endswith(".npz"))
            )
    except (OSError, ValueError):
        return None
    name = next(filter(str.isprintable, names), None)
    return None if name is None else f"{folder}{os.sep}{name}"
