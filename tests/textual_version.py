"""The version of Textual whose pictures the snapshot tests compare with."""

import tomllib
from importlib.metadata import version
from pathlib import Path

_PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
_PIN = "textual=="


def difference() -> str | None:
    """Says how the installed Textual differs from the one of the pictures, if it does.

    Each version draws a little differently, so the extra ``dev`` pins one, while the
    program itself runs with many.
    """
    project = tomllib.loads(_PYPROJECT.read_text("utf-8"))["project"]
    dev = project["optional-dependencies"]["dev"]
    [pinned] = [line.removeprefix(_PIN) for line in dev if line.startswith(_PIN)]
    installed = version("textual")
    if installed == pinned:
        return None
    return f"the pictures were drawn by textual {pinned}, and here is {installed}"
