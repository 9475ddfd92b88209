"""``cnn-tui plot``: the curves of a run as text, for a glance or a note."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import echo, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.runs.reader import RunReader

_LEAST_SIZE = (40, 20)
_SMOOTHING = 0.9
_TITLES = {"loss": "loss", "accuracy": "accuracy, %"}
_COLOURS = {"train": "cyan+", "val": "green+", "test": "orange+"}
_ASCII = str.maketrans("┌┐└┘─│┬┤·", "++++-|++-")


@click.command(short_help="Draw the loss and the accuracy of a run.")
@click.argument("run", shell_complete=completing.runs)
@runs_dir_option
def plot(run: str, runs_dir: Path) -> None:
    """Draw the curves of a run, live or ended, as wide as the terminal.

    Training is averaged as in the dashboard; what was gone back on is left out.
    """
    from cnn_tui.runs.layout import find_run
    from cnn_tui.runs.reader import RunReader
    from cnn_tui.text import printable

    reader = RunReader(find_run(run, runs_dir))
    while reader.poll() or not reader.complete:
        pass
    if not len(reader.train):
        echo(f"{printable(reader.path.name)} has no rows yet")
        return
    is_ascii = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    picture = _picture(reader, is_ascii=is_ascii)
    if "NO_COLOR" in os.environ:
        picture = click.unstyle(picture)
    echo(picture.translate(_ASCII) if is_ascii else picture)


def _picture(reader: "RunReader", *, is_ascii: bool) -> str:
    """Returns both charts; plotext has one figure, which is enough for a command."""
    import plotext

    from cnn_tui.text import printable

    size = shutil.get_terminal_size()
    width, height = map(max, _LEAST_SIZE, (size.columns, size.lines - 2))
    last_step = int(reader.train["step"][-1])
    x_ticks = sorted({round(last_step * part / 4) for part in range(5)})
    figure = plotext.main()
    figure.clear_figure()
    plotext.limit_size(False, False)  # to a terminal that may not be there
    figure.subplots(len(_TITLES), 1)
    for row, (metric, title) in enumerate(_TITLES.items(), start=1):
        chart = figure.subplot(row, 1)
        chart.plot_size(width, height // len(_TITLES))
        chart.theme("clear")
        chart.title(f"{printable(reader.path.name)} · {title}")
        chart.xticks(x_ticks, [f"{step:,}" for step in x_ticks])
        for name, steps, values in _series(reader, metric, width):
            line, point = ("*", "o") if is_ascii else ("braille", "●")
            draw, marker = (
                (chart.plot, line) if name == "train" else (chart.scatter, point)
            )
            for label, x, y in pieces(name, steps, values):
                draw(x, y, marker=marker, color=_COLOURS[name], label=label)
    return str(figure.build()).rstrip("\n")


def _series(reader: "RunReader", metric: str, width: int) -> Iterator[tuple[Any, ...]]:
    """Yields names, steps and values, as many points as there is room for."""
    import numpy as np

    from cnn_tui.runs.series import smooth

    train, tests = reader.train, reader.tests
    smoothed, _ = smooth(train["step"], train[metric], _SMOOTHING)
    average = smoothed.astype(np.float32)  # or a level curve shows how it was rounded
    for name, steps, values, most in (
        ("train", train["step"], average, 2 * width),
        ("val", tests["step"], tests[f"validation_{metric}"], width // 4),
        ("test", tests["step"], tests[metric], width // 4),
    ):
        if len(values):
            kept = np.unique(np.linspace(0, len(steps) - 1, most).astype(int))
            yield name, steps[kept], values[kept] * (100 if metric == "accuracy" else 1)


def pieces(name: str, steps: Any, values: Any) -> Iterator[tuple[str | None, Any, Any]]:
    """Yields what lies between gaps, which plotext knows nothing of; one is named."""
    import numpy as np

    known = np.isfinite(values)
    pieces = np.split(np.arange(len(values)), np.flatnonzero(np.diff(known)) + 1)
    for number, piece in enumerate(piece for piece in pieces if known[piece[0]]):
        label = None if number else name
        yield label, steps[piece].tolist(), values[piece].tolist()
