"""The list of presets: built-in, the user's own, those with errors; with a filter."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from cnn_tui.host.process import absolute
from cnn_tui.presets.files import PresetFile
from cnn_tui.text import printable
from cnn_tui.ui.actions import PRESETS
from cnn_tui.ui.widgets.text_input import TextInput

if TYPE_CHECKING:
    from cnn_tui.ui.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetItem:
    """A preset in the list; neither draft nor error: it was not read yet."""

    file: PresetFile
    draft: "Draft | None" = None
    error: str = ""
    """What is wrong, a line per problem."""

    @property
    def key(self) -> str:
        """What tells it from all others: a name if built-in, else a path."""
        return self.file.name if self.file.builtin else str(absolute(self.file.path))

    @property
    def title(self) -> str:
        """The title that the preset gives itself, else the name of its file."""
        title = self.draft.preset.config.title if self.draft else ""
        return printable(title or self.file.name)

    def matches(self, words: str) -> bool:
        """Tells whether name or title contain every one of the words."""
        text = f"{printable(self.file.name)} {self.title}".casefold()
        return all(word in text for word in words.casefold().split())

    def prompt(self) -> Content:
        """Returns the line in the list."""
        name = printable(self.file.name)
        if not self.error:
            return Content(name)
        reason = self.error.partition("\n")[0]
        reason = reason.removeprefix(printable(self.file.path)).lstrip(",: ")
        return Content.assemble(name, (f" ✗ {reason}", "$text-error"))


class Presets(OptionList):
    """The options. A click selects; it takes Enter to start."""

    BINDINGS: ClassVar[list[BindingType]] = [a.binding() for a in PRESETS]

    class StartChosen(Message):
        """The highlighted preset is to be started."""

    def action_start(self) -> None:
        """Asks to start."""
        self.post_message(self.StartChosen())


class PresetList(Vertical):
    """Presets to choose from."""

    DEFAULT_CSS = """
    PresetList {
        & > Input { display: none; }
        & > OptionList {
            height: 1fr;
            background: transparent;
            text-wrap: nowrap;
            text-overflow: ellipsis;
            scrollbar-size-vertical: 1;
        }
    }
    """

    @dataclass
    class Highlighted(Message):
        """Another preset is looked at; None if none is left by the filter."""

        item: PresetItem | None

    _items: Sequence[PresetItem] = ()

    def compose(self) -> ComposeResult:
        """Yields the filter and the list."""
        yield TextInput(placeholder="filter", compact=True)
        yield Presets(markup=False, compact=True)

    @property
    def highlighted(self) -> PresetItem | None:
        """The preset that is looked at."""
        option = self.query_one(Presets).highlighted_option
        return next((i for i in self._items if option and i.key == option.id), None)

    def show(self, items: Iterable[PresetItem], select: str | None = None) -> None:
        """Shows these presets and selects one by its key, or keeps the selection."""
        kept = self.highlighted
        self._items = sorted(items, key=_place)
        self._fill(select or (kept.key if kept else None))

    def open_filter(self) -> None:
        """Lets the user type a filter."""
        field = self.query_one(Input)
        self.add_class("-filtering")
        field.display = True
        self.screen.set_focus(field)  # at once: what is typed next is for it

    def close_filter(self) -> None:
        """Shows all presets again."""
        field = self.query_one(Input)
        self.remove_class("-filtering")
        field.display = False
        field.value = ""

    def focus_list(self) -> None:
        """Puts the focus on the presets."""
        self.query_one(Presets).focus()

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        kept = self.highlighted
        self._fill(kept.key if kept else None)

    @on(Input.Submitted)
    def _leave_filter(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_list()

    @on(OptionList.OptionHighlighted)
    def _announce(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Highlighted(self.highlighted))

    def _fill(self, key: str | None) -> None:
        words = self.query_one(Input).value
        found = [item for item in self._items if item.matches(words)]
        presets = self.query_one(Presets)
        presets.set_options(_options(found))
        if found:
            keys = [item.key for item in found]
            chosen = key if key in keys else keys[0]
            presets.highlighted = presets.get_option_index(str(chosen))
        else:
            self.post_message(self.Highlighted(None))
        total = len(self._items)
        shown = f"{len(found)} of {total}" if words else str(total)
        self.border_title = Content.assemble(
            ("1", "$text-accent"), f" Presets · {shown}"
        )


def _place(item: PresetItem) -> tuple[bool, bool]:
    return (bool(item.error), not item.file.builtin)


def _options(items: Iterable[PresetItem]) -> Iterator[Option]:
    section = ""
    for item in items:
        own = "" if item.file.builtin else "yours"
        title = "errors" if item.error else own
        if title != section:
            section = title
            yield Option(f"── {title} ──", disabled=True)
        yield Option(item.prompt(), id=item.key)
