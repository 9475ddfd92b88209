"""``cnn-tui plot``: the curves of runs as text, or as a picture."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.compare import find_runs, legend
from cnn_tui.cli.options import echo, runs_dir_option
from cnn_tui.errors import InputError
from cnn_tui.text import duration, printable, quantity

if TYPE_CHECKING:
    from cnn_tui.cli.text_chart import Panel
    from cnn_tui.export.drawing import Drawing
    from cnn_tui.runs.comparison import Over
    from cnn_tui.runs.reader import RunReader
    from cnn_tui.runs.series import Metric

_METRICS: "tuple[Metric, ...]" = ("loss", "accuracy")
_TITLES = {"loss": "loss", "accuracy": "accuracy, %"}
_OF_SEVERAL = {"loss": "train", "accuracy": "test"}
_OVER = ("step", "epoch", "time", "images")
_MOST_POINTS = 1000
_NAMES = {"train": "training, averaged", "val": "validation", "test": "tests"}
_TEXTS: "Mapping[Over, Callable[[float], str]]" = {
    "step": "{:,.0f}".format,
    "epoch": "{:,.3g}".format,
    "time": lambda x: duration(x) if x >= 10 else f"{x:.2g} s",
    "images": quantity,
}
"""Words for a value of x."""


@click.command(short_help="Draw the loss and the accuracy of runs.")
@click.argument("runs", nargs=-1, metavar="RUN…", shell_complete=completing.runs)
@click.option(
    "--x",
    "over",
    type=click.Choice(_OVER),
    default="step",
    show_default=True,
    help="What it is drawn over.",
)
@click.option("--metric", type=click.Choice(_METRICS), help="One of both alone.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write an SVG file.")
@click.option("--png", type=click.Path(path_type=Path), help="Write a PNG file.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@runs_dir_option
def plot(
    runs: tuple[str, ...],
    over: "Over",
    metric: "Metric | None",
    svg: Path | None,
    png: Path | None,
    force: bool,
    runs_dir: Path,
) -> None:
    """Draw the curves of one run or several, live or ended, as wide as the terminal.

    Training is averaged as in the dashboard; what was gone back on is left out. Of
    several runs, the loss of the training and the accuracy of the tests are drawn.
    """
    from cnn_tui.export.drawing import to_png, to_svg
    from cnn_tui.runs.reader import read_rows

    paths = find_runs(runs, runs_dir, least=1)
    readers = [reader for reader in map(read_rows, paths) if len(reader.train)]
    for path in paths:
        if path not in [reader.path for reader in readers]:
            echo(f"{printable(path.name)} has no rows yet")
    panels = _panels(readers, over, [metric] if metric else _METRICS)
    if over == "images" and not any(panel.series for panel in panels):
        raise _nothing(over)
    if svg:
        _write(svg, to_svg(_drawing(panels, readers, over)).encode(), force)
    if png:
        _write(png, to_png(_drawing(panels, readers, over)), force)
    if readers and not svg and not png:
        _print(panels, readers, over)


def _panels(
    readers: "Sequence[RunReader]", over: "Over", metrics: "Sequence[Metric]"
) -> "list[Panel]":
    from cnn_tui.cli.text_chart import Panel
    from cnn_tui.runs.comparison import LETTERS
    from cnn_tui.runs.plotted import series_of

    panels = []
    for metric in metrics:
        title = _TITLES[metric]
        if len(readers) == 1:
            title = f"{printable(readers[0].path.name)} · {title}"
            series = [("", each) for each in series_of(readers[0], metric, over)]
        else:
            title = f"{_OF_SEVERAL[metric]} {title}"
            series = [
                (letter, each)
                for letter, reader in zip(LETTERS, readers, strict=False)
                for each in series_of(reader, metric, over)
                if each.name == _OF_SEVERAL[metric]
            ]
        panels.append(Panel(title=title, series=series))
    return panels


def _print(
    panels: "Sequence[Panel]", readers: "Sequence[RunReader]", over: "Over"
) -> None:
    from cnn_tui.cli.text_chart import print_panels

    ends = [float(series.x[-1]) for panel in panels for _, series in panel.series]
    last = [float(reader.train["step"][-1]) for reader in readers]
    print_panels(panels, max(ends or last), _TEXTS[over])
    if len(readers) > 1:
        for line in legend([reader.path for reader in readers]):
            echo(line)


def _drawing(
    panels: "Sequence[Panel]", readers: "Sequence[RunReader]", over: "Over"
) -> "Drawing":
    """Returns a page with all panels that have values; raises InputError for none."""
    from cnn_tui.export.several import COLOURS, several_drawing
    from cnn_tui.export.story import Curve
    from cnn_tui.export.story import Panel as Drawn

    keys = _keys(panels, readers)
    colours = dict(zip(keys, COLOURS, strict=False))
    drawn = [
        Drawn(
            title=panel.title,
            curves=tuple(
                Curve(
                    name=letter or series.name,
                    colour=colours[letter or series.name],
                    steps=shown.x,
                    values=shown.y,
                )
                for letter, series in panel.series
                for shown in [series.thinned(_MOST_POINTS)]
            ),
        )
        for panel in panels
        if panel.series
    ]
    if not drawn:
        raise _nothing(over)
    return several_drawing(drawn, keys, _TEXTS[over], over)


def _nothing(over: "Over") -> InputError:
    return InputError(f"there is nothing to draw over {over} in these runs")


def _keys(panels: "Sequence[Panel]", readers: "Sequence[RunReader]") -> dict[str, str]:
    """Returns what the curves are called, and what that stands for."""
    from cnn_tui.runs.comparison import LETTERS

    if len(readers) > 1:
        paths = [reader.path.name for reader in readers]
        return dict(zip(LETTERS, paths, strict=False))
    found = {series.name for panel in panels for _, series in panel.series}
    return {key: name for key, name in _NAMES.items() if key in found}


def _write(path: Path, content: bytes, force: bool) -> None:
    """Writes a file; raises InputError where it cannot be, or is there already."""
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise InputError(
            f"{printable(path)} is there already: give another name, or --force"
        ) from error
    except OSError as error:
        raise InputError(
            f"{printable(path)} cannot be written: {error.strerror}"
        ) from error
    echo(f"{printable(path)}, {len(content):,} bytes")
