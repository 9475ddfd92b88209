"""An application that has nothing but the new-run screen, and starts nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path, PurePath
from typing import ClassVar

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

import cnn_tui.ui
from cnn_tui.pictures.depth import Depth
from cnn_tui.presets.files import preset_path
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.widgets.choice import Choice
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.preset_list import Presets

UI = Path(cnn_tui.ui.__file__).parent
WIDE = (160, 45)
PATIENCE_SECONDS = 60.0


class Host(App[None]):
    """Keeps what was asked for."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        UI / "app.tcss",
        UI / "screens" / "new_run.tcss",
    ]

    def __init__(self) -> None:
        """Opens the screen."""
        super().__init__()
        self.new_run = NewRunScreen(Path("runs"), data_dir=None, depth=Depth.GREY)
        self.started: list[NewRunScreen.StartRequested] = []

    def get_default_screen(self) -> NewRunScreen:
        """Returns the new-run screen."""
        return self.new_run

    def on_new_run_screen_start_requested(
        self, message: NewRunScreen.StartRequested
    ) -> None:
        """Remembers the run."""
        self.started.append(message)

    @property
    def text(self) -> str:
        """What is on the screen."""
        lines = self.screen._compositor.render_strips()
        return "\n".join(line.text.rstrip() for line in lines)

    @property
    def listed(self) -> list[str]:
        """The lines of the list of presets."""
        presets = self.new_run.query_one(Presets)
        return [str(option.prompt) for option in presets.options]

    @property
    def layers(self) -> list[str]:
        """The lines of the layer table."""
        table = self.new_run.query_one("LayerTable > OptionList", OptionList)
        return [str(option.prompt) for option in table.options]

    @property
    def sentence(self) -> str:
        """The line above the keys."""
        line = self.new_run.query_one(MessageLine)
        return str(line.content) if line.display else ""

    @property
    def visible_keys(self) -> set[str]:
        """The fields that apply."""
        return {field.key for field in self.new_run.query(Field) if field.display}

    def field(self, key: str) -> Field:
        """Returns the field of a key, which may end like that."""
        fields = self.new_run.query(Field)
        return next(f for f in fields if f".{f.key}".endswith(f".{key}"))

    def value(self, key: str) -> str:
        """Returns the text in a field."""
        editor = self.field(key).query("Input, Choice").first()
        assert isinstance(editor, Input | Choice)
        return editor.value

    def note(self, key: str) -> str:
        """Returns what stands beside a field."""
        return str(self.field(key).query_one(".hint", Static).content)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Lets the application go on until something holds; fails if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        await asyncio.sleep(0.01)
        await pilot.pause()


@asynccontextmanager
async def new_run(
    size: tuple[int, int] = WIDE,
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    """Opens the screen and waits until everything is read."""
    app = Host()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.visible_keys)
        yield app, pilot


async def select(app: Host, pilot: Pilot[None], name: str) -> None:
    """Moves to a preset in the list."""
    presets = app.new_run.query_one(Presets)
    presets.focus()
    places = [place for place, line in enumerate(app.listed) if line.startswith(name)]
    presets.highlighted = places[0]
    await pilot.pause()


async def enter(app: Host, pilot: Pilot[None], key: str, text: str) -> None:
    """Types over the text of a field."""
    app.field(key).focus_editor()
    await pilot.pause()
    await pilot.press("end", "ctrl+u", *text)
    await pilot.pause()


def write_preset(name: str, text: str) -> Path:
    """Writes a preset of the user's own."""
    path = preset_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
