"""``cnn-tui lr-find``: which learning rate to train with, by a range test."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli.options import (
    data_dir_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from cnn_tui.engine.trainer import Trainer
    from cnn_tui.preflight.rates import RatePoint, Suggestion

_LEAST_SIZE = (40, 12)
_MOST_LINES = 20
_ASCII = str.maketrans("┌┐└┘─│┬┤", "++++-|++")


@click.command("lr-find", short_help="Find a learning rate for a preset or a run.")
@click.argument("what", metavar="PRESET_OR_FILE_OR_RUN")
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change a value of the preset: --set batch_size=64.",
)
@click.option(
    "--dataset",
    metavar="NAME_OR_PATH",
    help="Other images: a set's name, a folder of pictures, an npz file.",
)
@click.option("--device", help="auto, cpu, mps, cuda or cuda:N.")
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
    run = _run_of(what, runs_dir)
    if run is None:
        from cnn_tui.cli.train import configured

        config = configured(what, settings, dataset, device)[1]
    else:
        from cnn_tui.runs.config import read_config

        _refuse_changes(settings, dataset, device)
        config = read_config(run)
    if not force:
        _refuse_to_disturb(runs_dir if run is None else run.parent)
    warm_up()
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.range_test import range_test, trainer_of
    from cnn_tui.engine.setup import set_up
    from cnn_tui.preflight.rates import suggest, usual_range

    lr = config.training.optimizer.lr
    if run is None:
        trainer = set_up(config, data_dir, tell_loading).trainer
    else:
        trainer = trainer_of(run, data_dir, tell_loading)
        lr = trainer.rates.at(trainer.step + 1)
    tell_loading("")
    points = list(range_test(trainer, usual_range(config.training.optimizer.name)))
    found = suggest(points)
    if as_json:
        _print_json(trainer, lr, points, found)
    else:
        _print(lr, points, found)


def _run_of(what: str, runs_dir: Path) -> Path | None:
    """Returns the run that is meant; None for a preset.

    Raises:
        InputError: if it is neither.
    """
    from cnn_tui.errors import ConfigError, RunDirectoryError
    from cnn_tui.presets.files import find_preset
    from cnn_tui.runs.layout import find_run

    if os.path.isdir(what):
        return find_run(f"{what}/", runs_dir)
    try:
        find_preset(what)
    except ConfigError as unknown:
        try:
            return find_run(what, runs_dir)
        except RunDirectoryError:
            raise unknown from None
    return None


def _refuse_changes(*changes: object) -> None:
    from cnn_tui.errors import InputError

    if any(changes):
        raise InputError(
            "--set, --dataset and --device are for presets: a run is tried as it trains"
        )


def _refuse_to_disturb(runs_folder: Path) -> None:
    from cnn_tui.errors import InputError
    from cnn_tui.preflight.busy import who_trains
    from cnn_tui.text import printable

    if (name := who_trains(runs_folder)) is not None:
        raise InputError(
            f"{printable(name)} trains on this machine, and would be slowed down for "
            "some seconds; --force does it all the same"
        )


def _print_json(
    trainer: "Trainer", lr: float, points: "Sequence[RatePoint]", found: "Suggestion"
) -> None:
    import msgspec

    facts = {"device": str(trainer.device), "lr": lr}
    echo_json(msgspec.to_builtins({**facts, "points": points, "suggestion": found}))


def _print(lr: float, points: "Sequence[RatePoint]", found: "Suggestion") -> None:
    from cnn_tui.text import significant

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
        valley, tenth = (
            significant(rate, 2) for rate in (found.valley, found.tenth_of_lowest)
        )
        echo(f"other rules: middle of the fall {valley}, a tenth of the lowest {tenth}")


def _picture(
    points: "Sequence[RatePoint]", found: "Suggestion", *, is_ascii: bool
) -> str:
    """Returns the curve; plotext has one figure, which is enough for a command."""
    import numpy as np
    import plotext

    from cnn_tui.cli.plot import pieces
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
