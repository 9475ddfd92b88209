"""Where the time of a training goes, as lines: a bar for each part."""

from collections.abc import Iterator

from textual.content import Content

from cnn_tui.runs.profile import TOP_LAYERS, Part, Profile, parts
from cnn_tui.text import printable
from cnn_tui.ui.glyphs import Glyphs

_NAME_CELLS = 28
_VALUES_CELLS = 20
_LEAST_BAR_CELLS = 8


def profile_lines(
    profile: Profile, width: int, glyphs: Glyphs, *, all_layers: bool = False
) -> Iterator[Content]:
    """Yields a line for each part: per update, of the time, and as a bar.

    The bar of the longest part is as long as there is room for.
    """
    found = parts(profile, layers=None if all_layers else TOP_LAYERS)
    longest = max(part.share for part in found) or 1.0
    cells = max(_LEAST_BAR_CELLS, width - _NAME_CELLS - _VALUES_CELLS)
    title = f"{'':<{_NAME_CELLS}}{'ms per update':>13}{'%':>6}"
    yield Content.styled(title, "$foreground 60%")
    for part in found:
        bar = glyphs.bar * round(cells * part.share / longest)
        yield Content.assemble(
            (_named(part), "$foreground 60%" if part.depth else ""),
            f"{1000 * part.seconds:13.3f}{100 * part.share:6.1f} ",
            (bar, "$accent 50%" if part.depth else "$accent"),
        )


def _named(part: Part) -> str:
    name = "  " * part.depth + printable(part.name)
    return f"{name[: _NAME_CELLS - 1]:<{_NAME_CELLS}}"
