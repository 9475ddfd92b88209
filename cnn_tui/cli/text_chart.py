"""Curves as text, in a terminal or a pipe."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli.options import echo

if TYPE_CHECKING:
    from cnn_tui.runs.plotted import Series

_LEAST_SIZE = (40, 20)
_LETTERS_ALONG = 6
_TICKS = 4
_COLOURS = {"train": "cyan+", "val": "green+", "test": "orange+"}
_MANY_COLOURS = ("cyan+", "orange+", "green+", "magenta+", "yellow+", "default")
_ASCII = str.maketrans("┌┐└┘─│┬┤·", "++++-|++-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A chart: its title, and the series of one run, or one of each of several."""

    title: str
    series: Sequence[tuple[str, "Series"]]
    """Each with its letter; "" where all are of one run."""


def print_panels(
    panels: Sequence[Panel], last_x: float, x_text: Callable[[float], str]
) -> None:
    """Prints charts below each other, as large as the terminal, from 0 to an x."""
    is_ascii = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    picture = _picture(panels, last_x, x_text, is_ascii=is_ascii)
    if "NO_COLOR" in os.environ:
        picture = click.unstyle(picture)
    echo(picture.translate(_ASCII) if is_ascii else picture)


def _picture(
    panels: Sequence[Panel],
    last_x: float,
    x_text: Callable[[float], str],
    *,
    is_ascii: bool,
) -> str:
    """Returns the charts; plotext has one figure, which is enough for a command."""
    import plotext

    size = shutil.get_terminal_size()
    width, height = map(max, _LEAST_SIZE, (size.columns, size.lines - 2))
    ticks = {
        x_text(last_x * n / _TICKS): last_x * n / _TICKS for n in range(_TICKS + 1)
    }
    figure = plotext.main()
    figure.clear_figure()
    plotext.limit_size(False, False)  # to a terminal that may not be there
    figure.subplots(len(panels), 1)
    for row, panel in enumerate(panels, start=1):
        chart = figure.subplot(row, 1)
        chart.plot_size(width, height // len(panels))
        chart.theme("clear")
        chart.title(panel.title)
        chart.xticks(list(ticks.values()), list(ticks))
        for place, (letter, series) in enumerate(panel.series):
            if letter:
                colour = _MANY_COLOURS[place % len(_MANY_COLOURS)]
                _draw_lettered(
                    chart, letter, series.thinned(2 * width), colour, is_ascii
                )
            else:
                _draw_named(chart, series, width, is_ascii)
    return str(figure.build()).rstrip("\n")


def _draw_named(chart: Any, series: "Series", width: int, is_ascii: bool) -> None:
    line, point = ("*", "o") if is_ascii else ("braille", "●")
    is_line = series.name == "train"
    draw, marker = (chart.plot, line) if is_line else (chart.scatter, point)
    shown = series.thinned(2 * width if is_line else width // 4)
    for label, x, y in pieces(series.name, shown.x, shown.y):
        draw(x, y, marker=marker, color=_COLOURS[series.name], label=label)


def _draw_lettered(
    chart: Any, letter: str, series: "Series", colour: str, is_ascii: bool
) -> None:
    """Draws a line with its letter along it; in ASCII the line is of letters."""
    for _, x, y in pieces(letter, series.x, series.y):
        chart.plot(x, y, marker=letter if is_ascii else "braille", color=colour)
        stride = max(1, len(x) // _LETTERS_ALONG)
        along = slice(len(x) - 1, None, -stride)
        chart.scatter(x[along], y[along], marker=letter, color=colour)


def pieces(name: str, x: Any, y: Any) -> Iterator[tuple[str | None, Any, Any]]:
    """Yields what lies between gaps, which plotext knows nothing of; one is named."""
    import numpy as np

    known = np.isfinite(y)
    pieces = np.split(np.arange(len(y)), np.flatnonzero(np.diff(known)) + 1)
    for number, piece in enumerate(piece for piece in pieces if known[piece[0]]):
        label = None if number else name
        yield label, x[piece].tolist(), y[piece].tolist()
