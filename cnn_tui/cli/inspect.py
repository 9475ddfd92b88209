"""``cnn-tui inspect``: a network from the inside, as pictures and numbers."""

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
    json_option,
    look_device_option,
    pictures_option,
    runs_dir_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    import numpy as np

    from cnn_tui.engine.look.answers import Answers
    from cnn_tui.look.messages import LayerFacts, Opened, Seen
    from cnn_tui.pictures.colours import Pixels

_PNG_FACTOR = 8
"""Pixels of a PNG for each value, across and down."""
_TOP = 3


@click.command(short_help="Show what the layers of a run's network make of a picture.")
@click.argument("run", shell_complete=completing.runs)
@click.option(
    "--step",
    type=click.IntRange(min=0, max=10**12),
    help="The weights after this update.  [default: the newest checkpoint]",
)
@click.option("--layer", help="One layer, by its number in `cnn-tui show`.")
@click.option(
    "--picture",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Which picture of the test set.",
)
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the maps of the layer to a PNG file, too.",
)
@look_device_option
@pictures_option
@runs_dir_option
@data_dir_option
@json_option
def inspect(
    run: str,
    step: int | None,
    layer: str | None,
    picture: int,
    png: Path | None,
    device: str,
    pictures: str,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Show a picture, what RUN's network takes it for, and the maps of its layers.

    With --layer: the maps and the filters of that one; else a line for each layer.
    """
    from cnn_tui.errors import InputError
    from cnn_tui.runs.layout import find_run

    if png is not None and layer is None:
        raise InputError("--png needs --layer: the maps of one layer are written")
    path = find_run(run, runs_dir)
    warm_up()
    import numpy as np

    from cnn_tui.engine.look.answers import Answers

    answers = Answers(path, data_dir)
    answers.use(device)
    opened, looks = _looks(answers, step, layer, picture)
    with np.errstate(invalid="ignore", over="ignore"):  # of infinite values
        if as_json:
            _print_json(opened, looks, picture)
        else:
            _print(opened, looks, picture, pictures)
    if png is not None:
        _write_png(looks[-1][1], png)


def _looks(
    answers: "Answers", step: int | None, layer: str | None, picture: int
) -> "tuple[Opened, list[tuple[LayerFacts, Seen]]]":
    """Returns what there is, and what the layers that are wanted make of a picture."""
    from cnn_tui.look import messages as ask

    opened = answers.require(ask.Open(), ask.Opened)
    chosen = [facts for facts in opened.layers if layer in (None, facts.number)]
    looks = []
    for number in [facts.number for facts in chosen] or [str(layer)]:
        question = ask.Look(
            moment="newest" if step is None else step,
            picture=ask.Picture(index=picture),
            layer=number,
        )
        looks.append(answers.require(question, ask.Seen))
    return opened, list(zip(chosen, looks, strict=True))


def _print_json(
    opened: "Opened", looks: "list[tuple[LayerFacts, Seen]]", picture: int
) -> None:
    from cnn_tui.cli.printing import json_line

    seen = looks[-1][1]
    found: dict[str, Any] = {
        "step": seen.step,
        "picture": picture,
        "class": opened.class_names[seen.label or 0],
        "probabilities": dict(
            zip(opened.class_names, seen.probabilities.tolist(), strict=True)
        ),
        "layers": [_layer_object(*look, whole=len(looks) == 1) for look in looks],
    }
    print(json_line(found))


def _layer_object(facts: "LayerFacts", seen: "Seen", *, whole: bool) -> dict[str, Any]:
    """Returns a layer's numbers; of a single layer, all of them."""
    found: dict[str, Any] = {
        "number": facts.number,
        "type": facts.type,
        "output_shape": facts.output_shape,
        "mean": float(seen.maps.mean()),
        "std": float(seen.maps.std()),
        "min": float(seen.maps.min()),
        "max": float(seen.maps.max()),
        "zero_share": float((seen.maps == 0).mean()),
    }
    if whole:
        found["values"] = seen.maps.tolist()
        found["weight"] = None if seen.filters is None else seen.filters.tolist()
        found["bias"] = None if seen.bias is None else seen.bias.tolist()
    return found


def _print(
    opened: "Opened",
    looks: "list[tuple[LayerFacts, Seen]]",
    picture: int,
    pictures: str,
) -> None:
    from cnn_tui.cli.printing import print_lines
    from cnn_tui.pictures.cells import drawn
    from cnn_tui.pictures.colours import from_image
    from cnn_tui.pictures.depth import depth_of

    depth = depth_of(pictures, sys.stdout)
    seen = looks[-1][1]
    echo(f"step {seen.step:,}, test picture {picture}: {_verdict(opened, seen)}")
    print_lines(drawn(from_image(seen.image), depth))
    if len(looks) > 1:
        for facts, look in looks:
            echo(_line(facts, look))
        return
    for title, pixels in _parts_of(*looks[0], get_terminal_size().columns):
        echo(title)
        print_lines(drawn(pixels, depth))


def _verdict(opened: "Opened", seen: "Seen") -> str:
    import numpy as np

    from cnn_tui.text import NOT_FINITE, percent, printable

    is_a = f"a {printable(opened.class_names[seen.label or 0])}"
    if not np.isfinite(seen.probabilities).all():
        return f"{is_a}; {NOT_FINITE}"
    best = seen.probabilities.argsort()[::-1][:_TOP]
    guesses = "  ".join(
        f"{printable(opened.class_names[n])} {percent(float(seen.probabilities[n]))}"
        for n in best
    )
    return f"{is_a}, taken for {guesses}"


def _line(facts: "LayerFacts", seen: "Seen") -> str:
    from cnn_tui.text import percent, shape, significant

    maps = seen.maps
    values = (maps.min(), maps.mean(), maps.max())
    low, mean, high = (f"{significant(float(value)):>8}" for value in values)
    zeros = percent(float((maps == 0).mean()))
    return (
        f"{facts.number:<5}{facts.summary:<22}{shape(facts.output_shape):<12}"
        f"min {low}  mean {mean}  max {high}  zero {zeros:>8}"
    )


def _parts_of(
    facts: "LayerFacts", seen: "Seen", columns: int
) -> "Iterator[tuple[str, Pixels]]":
    """Yields what is drawn of one layer, each with a title."""
    from cnn_tui.pictures.colours import limit_of
    from cnn_tui.text import count, shape, significant

    title = f"{facts.summary}: {shape(facts.output_shape)}"
    limit = limit_of(seen.maps)
    yield (
        f"{title}, −{significant(limit)} … {significant(limit)}",
        _mosaic(_as_maps(seen.maps), columns),
    )
    if seen.filters is not None and seen.filters.ndim == 4:
        out, per_group, *size = seen.filters.shape
        limit = limit_of(seen.filters)
        yield (
            f"{count(out)} filters of {per_group} × {shape(size)}, their "
            f"{'channel' if per_group == 1 else 'first channels'}, "
            f"−{significant(limit)} … {significant(limit)}",
            _mosaic(seen.filters[:, 0], columns),
        )


def _as_maps(values: "np.ndarray") -> "np.ndarray":
    """Returns a layer's values as N×H×W; flat ones are one row."""
    return values if values.ndim == 3 else values[None, None]


def _mosaic(maps: "np.ndarray", columns: int) -> "Pixels":
    """Returns maps side by side, as many as fit into a row, on one scale."""
    from cnn_tui.pictures.canvas import side_by_side
    from cnn_tui.pictures.colours import diverging, limit_of

    limit = limit_of(maps)
    per_row = max(1, min(len(maps), (columns - 1) // (maps.shape[2] + 1)))
    return side_by_side([diverging(one, limit) for one in maps], per_row)


def _write_png(seen: "Seen", path: Path) -> None:
    from cnn_tui.errors import InputError
    from cnn_tui.pictures.canvas import enlarged
    from cnn_tui.pictures.cells import write_png
    from cnn_tui.text import printable

    try:
        write_png(enlarged(_mosaic(_as_maps(seen.maps), 256), _PNG_FACTOR), path)
    except OSError as error:
        raise InputError(
            f"{printable(path)} cannot be written: {error.strerror}"
        ) from error
