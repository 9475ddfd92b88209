"""``cnn-tui predict``: what a run's network takes pictures for."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    checkpoint_option,
    data_dir_option,
    echo,
    json_option,
    look_device_option,
    moment_of,
    runs_dir_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from cnn_tui.engine.look.predict import Predicted


@click.command(short_help="Say what is on pictures, by the network of a run.")
@click.argument("run", shell_complete=completing.runs)
@click.argument("pictures", metavar="PICTURE_OR_FOLDER...", nargs=-1, required=True)
@click.option(
    "--top",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How many classes are named for each picture.",
)
@checkpoint_option
@look_device_option
@runs_dir_option
@data_dir_option
@json_option
def predict(
    run: str,
    pictures: tuple[str, ...],
    top: int,
    checkpoint: str | None,
    device: str,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Say what the network of RUN takes pictures, and all in folders, for.

    Pictures are prepared as those that it was trained on. Where the folder around a
    picture has the name of a class, the accuracy is told, too.
    """
    from cnn_tui.errors import InputError
    from cnn_tui.runs.layout import find_run

    path, moment = find_run(run, runs_dir), moment_of(checkpoint)
    warm_up()
    from cnn_tui.engine.device import pick_device
    from cnn_tui.engine.look.predict import files_of, predict_files, weights_for
    from cnn_tui.engine.look.source import Source

    source = Source(path, data_dir)
    source.use(pick_device(device))
    weighed = weights_for(source, moment)
    found = predict_files(source, weighed, files_of(pictures), top)
    print_them = _print_json if as_json else _print_lines
    if not print_them(found, source.facts.class_names):
        raise InputError("nothing can be said of any of these pictures")


def _print_json(found: Iterable["Predicted"], class_names: tuple[str, ...]) -> bool:
    """Prints an object a line; returns whether there was a usable picture."""
    from cnn_tui.cli.printing import json_line

    any_usable = False
    for one in found:
        any_usable = any_usable or one.problem is None
        print(json_line(_object(one, class_names)))
    return any_usable


def _object(one: "Predicted", class_names: tuple[str, ...]) -> dict[str, object]:
    if one.problem is not None:
        return {"file": one.file, "error": one.problem}
    named: dict[str, object] = (
        {} if one.true is None else {"true": class_names[one.true]}
    )
    return {
        "file": one.file,
        "class": one.top[0].class_name,
        "probability": one.top[0].probability,
        "top": [
            {"class": guess.class_name, "probability": guess.probability}
            for guess in one.top
        ],
        "prepared": list(one.words),
        **named,
    }


def _print_lines(found: Iterable["Predicted"], class_names: tuple[str, ...]) -> bool:
    """Prints a line a picture, and the accuracy; returns whether one was usable."""
    from cnn_tui.text import count, percent, printable

    right = judged = usable = 0
    words: tuple[str, ...] | None = None
    for one in found:
        if one.problem is not None:
            click.echo(
                f"left out: {printable(one.file)} {printable(one.problem)}", err=True
            )
            continue
        if one.words != words:
            words = one.words
            echo(f"({'; '.join(words) or 'taken as they are'})")
        usable += 1
        judged += one.true is not None
        right += one.true == one.top[0].label
        echo(f"{printable(one.file)}: {'  '.join(_guesses(one))}")
    if judged:
        echo(f"{count(right)} of {count(judged)} right: {percent(right / judged)}")
    return usable > 0


def _guesses(one: "Predicted") -> Iterator[str]:
    from cnn_tui.text import percent, printable

    for guess in one.top:
        yield f"{printable(guess.class_name)} {percent(guess.probability)}"
