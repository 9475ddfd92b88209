"""Exporting a run: which format, where to, and what came of it."""

import os
import string
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from cnn_tui.datasets.facts import data_folder
from cnn_tui.errors import InputError
from cnn_tui.export.formats import FORMATS, output_path, require_packages
from cnn_tui.host.asked import end, start_asked
from cnn_tui.host.process import absolute
from cnn_tui.text import count, printable
from cnn_tui.ui.screens.dialogs import AskText, Choose
from cnn_tui.ui.sentences import from_here

_KEYS = dict(zip(string.ascii_lowercase, FORMATS, strict=False))
_AT_WORK = "writing… escape ends it, and leaves nothing behind"
_GONE = "the process that wrote it is gone; nothing was written"


async def export_run(app: App[Any], run: Path, data_dir: Path | None) -> None:
    """Asks for a format and a file, and shows what comes of it; call it in a worker."""
    name = printable(run.name)
    choices = {key: f"{kind}: {FORMATS[kind].words}" for key, kind in _KEYS.items()}
    question = Choose(
        f"Export {name}",
        explanation="Networks and pages are of the best weights.",
        choices=choices,
    )
    if (key := await app.push_screen_wait(question)) is None:
        return
    kind = _KEYS[key]
    where = AskText(
        f"Export {name} as {kind}",
        prompt="Into the file",
        value=printable(from_here(absolute(output_path(run, kind, None)))),
        check=lambda text: _problem(run, kind, text),
    )
    if (text := await app.push_screen_wait(where)) is not None:
        path = _meant(text)
        await app.push_screen_wait(Exporting(run, kind, path, data_dir))


class Exporting(ModalScreen[None]):
    """Waits for a process that writes the file, and shows what it says at its end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss(None)", "back"),
    ]

    def __init__(
        self, run: Path, kind: str, output: Path, data_dir: Path | None
    ) -> None:
        """Starts nothing yet."""
        super().__init__()
        self._title = f"{printable(run.name)} as {kind}"
        self._words = [
            *("export", str(absolute(run)), "--to", kind, "--output", str(output)),
            *("--data-dir", str(absolute(data_folder(data_dir))), "--json"),
        ]

    def compose(self) -> ComposeResult:
        """Makes a box with what is known."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield Label(_AT_WORK, id="said", markup=False)

    def on_mount(self) -> None:
        """Begins."""
        self._export()

    @work
    async def _export(self) -> None:
        try:
            process = await start_asked("cnn_tui", *self._words, stderr=PIPE)
        except InputError as error:
            self._say(str(error))
            return
        try:
            self._say(await _said(process))
        finally:
            await end(process)  # where somebody left before its end

    def _say(self, text: str) -> None:
        self.query_one("#said", Label).update(text)


async def _said(process: Process) -> str:
    """Waits for the end; returns what it wrote, or its sentence of what is wrong."""
    told, problems = await process.communicate()
    if process.returncode == 0:
        done = msgspec.json.decode(told)
        size = (
            f"{printable(from_here(Path(done['path'])))}, {count(done['bytes'])} bytes"
        )
        return "\n".join(filter(None, (size, printable(done["note"]))))
    lines = problems.decode(errors="replace").strip().splitlines()
    return printable(lines[-1].removeprefix("cnn-tui: ")) if lines else _GONE


def _problem(run: Path, kind: str, text: str) -> str | None:
    """Says why an export cannot go there."""
    try:
        require_packages(kind)
        path = output_path(run, kind, _meant(text))
    except InputError as error:
        return str(error)
    return "is there already: choose another name" if os.path.lexists(path) else None


def _meant(text: str) -> Path:
    return absolute(Path(text.strip()).expanduser())
