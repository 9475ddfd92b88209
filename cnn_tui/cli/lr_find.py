"""``cnn-tui lr-find``: which learning rate to train with, by a range test."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import to_builtins
from msgspec.structs import replace

from cnn_tui.cli import completing
from cnn_tui.cli.meant import run_meant
from cnn_tui.cli.options import (
    OTHER_IMAGES,
    data_dir_option,
    dataset_option,
    device_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
    settings_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from cnn_tui.preflight.messages import FindRate, RatePoint
    from cnn_tui.preflight.rates import Suggestion

_LEAST_SIZE = (40, 12)
_MOST_LINES = 20
_ASCII = str.maketrans("┌┐└┘─│┬┤", "++++-|++")


@click.command("lr-find", short_help="Find a learning rate for a preset or a run.")
@click.argument(
    "what", metavar="PRESET_OR_FILE_OR_RUN", shell_complete=completing.presets_and_runs
)
@settings_option("Change a value of the preset: --set batch_size=64.")
@dataset_option(OTHER_IMAGES)
@device_option
@click.option("--force", is_flag=True, help="Do it while a run trains here, too.")
@runs_dir_option
@data_dir_option
@json_option
def lr_find(
    what: str,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    force: bool,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Train a copy at higher and higher rates, and see what the loss does.

    A preset begins with fresh weights, a run where its newest checkpoint is; nothing is
    written. The rate is the highest of the schedule; of a run, that of the next update.
    """
    request = _request(what, runs_dir, settings, dataset, device)
    if not force:
        folder = runs_dir if request.run is None else Path(request.run).parent
        refuse_to_disturb(folder)
    warm_up()
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.preflight.rates import try_rates
    from cnn_tui.preflight.rates import suggest

    if data_dir is not None:
        request = replace(request, data_dir=str(data_dir))
    tried, coming = try_rates(request, tell_loading)
    tell_loading("")
    points = list(coming)
    found = suggest(points)
    if as_json:
        facts = {"device": tried.device, "lr": tried.lr}
        echo_json(to_builtins({**facts, "points": points, "suggestion": found}))
    else:
        _print(tried.lr, points, found)


def _request(
    what: str,
    runs_dir: Path,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
) -> "FindRate":
    """Returns what is to be tried.

    Raises:
        InputError: if there is no such preset or run, or it cannot be set so.
    """
    from cnn_tui.cli.train import configured
    from cnn_tui.config import to_mapping
    from cnn_tui.errors import InputError
    from cnn_tui.preflight.messages import FindRate

    run = run_meant(what, runs_dir)
    if run is None:
        config = configured(what, settings, dataset, device)[1]
        return FindRate(config=to_mapping(config))
    if settings or dataset or device:
        raise InputError(
            "--set, --dataset and --device are for presets: a run is tried as it trains"
        )
    return FindRate(run=str(run))


def refuse_to_disturb(runs_folder: Path) -> None:
    """Raises InputError where this machine trains a run of the folder."""
    from cnn_tui.errors import InputError
    from cnn_tui.preflight.busy import who_trains
    from cnn_tui.text import printable

    if (name := who_trains(runs_folder)) is not None:
        raise InputError(
            f"{printable(name)} trains on this machine, and would be slowed down for "
            "some seconds; --force does it all the same"
        )


def _print(lr: float, points: "Sequence[RatePoint]", found: "Suggestion") -> None:
    from cnn_tui.preflight.rates import other_rules

    is_ascii = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    if any(point.loss is not None for point in points):
        picture = _picture(points, found, is_ascii=is_ascii)
        if "NO_COLOR" in os.environ:
            picture = click.unstyle(picture)
        echo(picture.translate(_ASCII) if is_ascii else picture)
    now = f"now {lr:g}"
    echo(f"lr {found.rate:g}, {now}" if found.rate else f"no suggestion, {now}")
    echo(found.reason)
    if found.rate:
        echo(other_rules(found))


def _picture(
    points: "Sequence[RatePoint]", found: "Suggestion", *, is_ascii: bool
) -> str:
    """Returns the curve; plotext has one figure, which is enough for a command."""
    import numpy as np
    import plotext

    from cnn_tui.cli.text_chart import pieces
    from cnn_tui.preflight.rates import shown

    size = shutil.get_terminal_size()
    width, height = map(max, _LEAST_SIZE, (size.columns, size.lines - 5))
    figure = plotext.main()
    figure.clear_figure()
    plotext.limit_size(False, False)  # to a terminal that may not be there
    figure.plot_size(width, min(height, _MOST_LINES))
    figure.theme("clear")
    figure.title("loss by learning rate")
    places, raw, average = shown(points)
    line, point = ("*", ".") if is_ascii else ("braille", "·")
    for draw, row, marker, colour in (
        (figure.scatter, raw, point, "gray"),
        (figure.plot, average, line, "cyan+"),
    ):
        for _, x, y in pieces("", places, row):
            draw(x, y, marker=marker, color=colour)
    decades = range(int(np.floor(places[0])), int(np.ceil(places[-1])) + 1)
    figure.xticks(list(decades), [f"{10.0**power:g}" for power in decades])
    if found.rate:
        figure.vertical_line(float(np.log10(found.rate)), color="orange+")
    return str(figure.build()).rstrip("\n")
