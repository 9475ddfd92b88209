"""Lines of coloured cells, and of JSON, on standard output."""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.color import ColorSystem
from rich.segment import Segment


def json_line(value: Any) -> str:
    """Returns a value as JSON, which knows no NaN: what is not finite is null."""
    return json.dumps(_known(value), allow_nan=False)


def _known(value: Any) -> Any:
    match value:
        case dict():
            return {key: _known(item) for key, item in value.items()}
        case list() | tuple():
            return [_known(item) for item in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def print_lines(lines: Iterable[Sequence[Segment]]) -> None:
    """Prints lines of segments, with the colours that they have."""
    for line in lines:
        sys.stdout.write("".join(_rendered(part) for part in line).rstrip(" ") + "\n")


def _rendered(part: Segment) -> str:
    if part.style is None:
        return part.text
    return part.style.render(part.text, color_system=ColorSystem.TRUECOLOR)
