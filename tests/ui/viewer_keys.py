"""Presses keys in a viewer, in a process of its own: one never ceases to be a viewer.

``python -m tests.ui.viewer_keys HOME PLACE`` shows HOME/runs, and prints as JSON what
came of each of the CASES of a place: what is told, and whether HOME is as it was.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from cnn_tui.host.viewing import look_only
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.message_line import MessageLine
from tests.ui.conftest import WIDE, screen_text, until

FINISHED, LIVE = "finished", "live"
"""Runs, by name: the list begins with one that waits, and ends with the finished."""
LIST, FORM, SWEEP = "list", "form", "sweep"

REFUSAL = "this is a viewer (cnn-tui --view)"
"""What is told, whatever room there is."""
CASES = {
    FINISHED: {
        "export": "X d enter",
        "fork": "f up ctrl+u 9 enter",
        "fork in the background": "f up ctrl+u 9 ctrl+b",
        "race": "F enter",
        "find a rate": "L l",
        "resume": "R enter",
        "resume longer": "m enter",
        "mark a picture": "c enter until:sure exclamation_mark enter",
    },
    LIVE: {
        "pause": "space",
        "an update": "full_stop",
        "updates": "b enter",
        "an epoch": "e",
        "evaluate": "E",
        "a checkpoint": "k",
        "other values": "u ctrl+u 9 enter",
        "roll back": "g enter",
        "extend": "m enter",
        "stop": "x x",
        "race": "F enter",
        "find a rate": "L l",
    },
    LIST: {
        "export": "end X d enter",
        "fork": "end f up ctrl+u 9 enter",
        "resume": "end R enter",
        "a note": "end N a enter",
        "tags": "end t a enter",
        "pin": "end p",
        "delete": "end D",
        "later": "home J",
        "cancel": "home D",
        "pause the queue": "home P",
        "other columns": "C enter",
        "another order": "o",
        "groups": "g",
    },
    FORM: {
        "start": "enter",
        "start in the background": "B",
        "queue": "Q",
        "queue seeds": "S enter",
        "save": "w enter",
        "find a rate": "l l",
        "measure": "t t",
    },
    SWEEP: {
        "take the best": "t",
        "more": "m enter",
        "stop": "x",
    },
}
SILENT = {"other columns", "another order", "groups"}
"""They are for this viewer alone, and not remembered."""


def fingerprint(folder: Path) -> str:
    """Returns what changes with any name, time or content in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(f"{path} {path.lstat().st_mtime_ns}".encode())
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()


def told(app: CnnTuiApp) -> str:
    """Returns what is on the screen and in notifications, without line breaks."""
    notices = [notice.message for notice in app._notifications]
    return " ".join([*screen_text(app).split(), *notices])


async def tells(pilot: Pilot[int], app: CnnTuiApp, words: str) -> None:
    """Waits until words are told, and nothing is being read any more."""

    def is_told() -> bool:
        reading = [it for it in app.workers if it.group.startswith(READING)]
        return words in told(app) and not any(it.is_running for it in reading)

    try:
        await until(pilot, is_told)
    except AssertionError as error:
        raise AssertionError(f"{words!r} is not in: {told(app)}") from error


async def press(pilot: Pilot[int], app: CnnTuiApp, keys: str) -> None:
    """Presses keys, and waits where they say for what."""
    for key in keys.split():
        wanted = key.removeprefix("until:")
        if wanted == key:
            await pilot.press(key)
        else:
            await tells(pilot, app, wanted)


async def results(home: Path, place: str) -> AsyncIterator[tuple[str, Any]]:
    """Yields what came of the cases of a place, in one viewer."""
    runs = home / "runs"
    app = CnnTuiApp(
        runs_folder=runs,
        open_run=runs / place if place in (FINISHED, LIVE) else None,
        open_sweep="wide" if place == SWEEP else None,
    )
    async with app.run_test(size=WIDE) as pilot:
        await tells(pilot, app, "best")
        if place == FORM:
            await press(pilot, app, "n until:model-a")
        base = app.screen
        for name, keys in CASES[place].items():
            before = fingerprint(home)
            await press(pilot, app, keys)
            if name not in SILENT:
                await tells(pilot, app, REFUSAL)
            yield name, {"said": told(app), "is_same": before == fingerprint(home)}
            while app.screen is not base:
                await pilot.press("escape")
            app.clear_notifications()
            for line in base.query(MessageLine):
                line.clear()


async def main() -> None:
    """Presses the keys of each case."""
    look_only()
    home, place = sys.argv[1:]
    print(json.dumps(dict([case async for case in results(Path(home), place)])))


if __name__ == "__main__":
    asyncio.run(main())
