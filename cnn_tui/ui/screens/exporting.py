"""Exporting a run: which format, where to, and what came of it."""

import os
import string
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
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
from cnn_tui.runs.history import BEST, steps_available
from cnn_tui.runs.layout import CHECKPOINTS
from cnn_tui.text import count, printable
from cnn_tui.ui.screens.dialogs import AskText, Choose
from cnn_tui.ui.sentences import from_here

_KEYS = dict(zip(string.ascii_lowercase, FORMATS, strict=False))
_MOST_NAMED = 8
"""Checkpoints in a question, beside the last."""
_AT_WORK = "writing… escape ends it, and leaves nothing behind"
_GONE = "the process that wrote it is gone; nothing was written"


async def export_run(app: App[Any], run: Path, data_dir: Path | None) -> None:
    """Asks for format, weights and file, and shows what comes of it; in a worker."""
    choices = {key: f"{kind}: {FORMATS[kind].words}" for key, kind in _KEYS.items()}
    question = Choose(
        f"Export {printable(run.name)}",
        explanation="As what?",
        choices=choices,
    )
    if (key := await app.push_screen_wait(question)) is None:
        return
    kind = _KEYS[key]
    title = f"Export {printable(run.name)} as {kind}"
    options = ["--to", kind]
    if FORMATS[kind].of_weights and (moments := _moments(run)):
        moment = await app.push_screen_wait(_whose_weights(title, moments))
        if moment is None:
            return
        options += ["--checkpoint", moment.strip()]
    where = AskText(
        title,
        prompt="Into the file",
        value=printable(from_here(absolute(output_path(run, kind, None)))),
        check=lambda text: _problem(run, kind, text),
    )
    if (text := await app.push_screen_wait(where)) is not None:
        options += ["--output", str(_meant(text))]
        await app.push_screen_wait(Exporting(title, run, options, data_dir))


def _moments(run: Path) -> list[str]:
    """Returns what ``--checkpoint`` may be, by default the first."""
    has_best = os.path.isfile(run / CHECKPOINTS / BEST)
    words = ["best", "newest"] if has_best else ["newest"]
    steps = steps_available(run)
    return [*words, *map(str, steps)] if steps else []


def _whose_weights(title: str, moments: Sequence[str]) -> AskText:
    """Returns the question for one of the checkpoints; it names some of many."""
    is_long = len(moments) > _MOST_NAMED + 1
    named = [*moments[:_MOST_NAMED], "…", moments[-1]] if is_long else moments
    there = ", ".join(named)

    def problem(text: str) -> str | None:
        return None if text.strip() in moments else f"must be one of {there}"

    return AskText(
        title,
        prompt=f"The weights after which update? {there}",
        value=moments[0],
        check=problem,
    )


class Exporting(ModalScreen[None]):
    """Waits for a process that writes the file, and shows what it says at its end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss(None)", "back"),
    ]

    def __init__(
        self, title: str, run: Path, options: Sequence[str], data_dir: Path | None
    ) -> None:
        """Starts nothing yet; ``options`` are those of ``cnn-tui export``."""
        super().__init__()
        self._title = title
        folder = str(absolute(data_folder(data_dir)))
        self._words = ["export", str(absolute(run)), *options]
        self._words += ["--data-dir", folder, "--json"]

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
