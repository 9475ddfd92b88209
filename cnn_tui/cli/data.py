"""``cnn-tui data``: what is in a data set, before anything is trained on it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    data_dir_option,
    echo,
    echo_json,
    json_option,
    pictures_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from cnn_tui.engine.inspection import Inspection


@click.command(short_help="Show what is in a data set or a folder of pictures.")
@click.argument(
    "which", metavar="NAME_OR_PATH", required=False, shell_complete=completing.datasets
)
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="image_size=64, mode=grey, …",
)
@data_dir_option
@pictures_option
@json_option
def data(
    which: str | None,
    settings: tuple[str, ...],
    data_dir: Path | None,
    pictures: str,
    as_json: bool,
) -> None:
    """Show classes, counts, sizes, what was left out and why, and some pictures.

    NAME_OR_PATH is the name of a set, a folder with a folder of pictures for each
    class, or an npz file. Without it, the sets that have a name are listed.
    """
    from cnn_tui.config import parse_dataset, parse_settings

    if which is None:
        _list_sets(as_json)
        return
    dataset = parse_dataset(which, parse_settings(settings))
    warm_up()
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.inspection import inspect

    found = inspect(dataset, data_dir, tell_loading)
    if as_json:
        echo_json(found.facts())
        return
    for line in _lines(found):
        echo(line)
    _print_sheet(found, pictures)


def _list_sets(as_json: bool) -> None:
    from cnn_tui.datasets.facts import DATASETS

    facts: dict[str, Any] = {
        name: {
            "title": facts.title,
            "input_shape": facts.input_shape,
            "classes": facts.classes,
            "train_images": facts.train_images,
            "test_images": facts.test_images,
        }
        for name, facts in DATASETS.items()
    }
    if as_json:
        echo_json(facts)
        return
    from cnn_tui.text import count, shape

    for name, known in facts.items():
        images = f"{count(known['train_images'])} + {count(known['test_images'])}"
        classes = f"{known['classes']} classes"
        echo(f"{name:<15} {shape(known['input_shape'])}  {classes}  {images} images")


def _lines(found: "Inspection") -> Iterator[str]:
    from rich.cells import cell_len, set_cell_size

    from cnn_tui.text import count, printable, shape

    mean, std = (" ".join(f"{v:.4f}" for v in some) for some in (found.mean, found.std))
    size = shape(found.input_shape)
    yield f"{printable(found.title)}: {size}, mean {mean}, std {std}"
    yield ""
    width = max(5, *(cell_len(printable(name)) for name in found.class_names))
    yield f"{'class':<{width}}" + "".join(f"{part:>12}" for part in found.counts)
    for label, name in enumerate(found.class_names):
        numbers = "".join(f"{count(n[label]):>12}" for n in found.counts.values())
        yield f"{set_cell_size(printable(name), width)}{numbers}"
    sums = "".join(f"{count(sum(n)):>12}" for n in found.counts.values())
    yield f"{'all':<{width}}{sums}"
    yield ""
    for path, reason in found.left_out:
        yield f"left out: {printable(path)} {printable(reason)}"
    for sentence in found.oddities:
        yield f"odd: {sentence}"
    yield from found.corrections
    if found.left_out or found.oddities or found.corrections:
        yield ""


def _print_sheet(found: "Inspection", pictures: str) -> None:
    from cnn_tui.cli.contact_sheet import contact_sheet
    from cnn_tui.cli.printing import print_lines
    from cnn_tui.pictures.depth import depth_of

    lines = contact_sheet(
        found.sample_images,
        found.sample_labels,
        found.class_names,
        get_terminal_size().columns,
        depth_of(pictures, sys.stdout),
    )
    print_lines(lines)
