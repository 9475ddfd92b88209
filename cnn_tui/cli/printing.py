"""Lines of coloured cells on standard output."""

import sys
from collections.abc import Iterable, Sequence

from rich.color import ColorSystem
from rich.segment import Segment


def print_lines(lines: Iterable[Sequence[Segment]]) -> None:
    """Prints lines of segments, with the colours that they have."""
    for line in lines:
        sys.stdout.write("".join(_rendered(part) for part in line).rstrip(" ") + "\n")


def _rendered(part: Segment) -> str:
    if part.style is None:
        return part.text
    return part.style.render(part.text, color_system=ColorSystem.TRUECOLOR)
