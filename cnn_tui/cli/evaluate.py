"""``cnn-tui evaluate``: how the network of a run does on pictures with classes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    checkpoint_option,
    data_dir_option,
    dataset_option,
    echo,
    echo_json,
    json_option,
    look_device_option,
    moment_of,
    runs_dir_option,
)
from cnn_tui.datasets.form import PARTS
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from cnn_tui.engine.evaluate import Evaluation
    from cnn_tui.engine.look.judge import Pictures, Which
    from cnn_tui.engine.look.source import Source


@click.command(short_help="Test the network of a run, on its data set or another.")
@click.argument("run", shell_complete=completing.runs)
@checkpoint_option
@dataset_option("Other pictures of the same shape; their classes are found by name.")
@click.option(
    "--part",
    type=click.Choice([*PARTS, "all"]),
    help="Which of them.  [default: test; all of another folder or file]",
)
@look_device_option
@runs_dir_option
@data_dir_option
@json_option
def evaluate(
    run: str,
    checkpoint: str | None,
    dataset: str | None,
    part: "Which | None",
    device: str,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Evaluate the network of RUN, which may be training: loss, accuracy, classes.

    Nothing is written. The same weights give the values of the run's own test row.
    """
    from cnn_tui.runs.layout import find_run

    path, moment = find_run(run, runs_dir), moment_of(checkpoint)
    warm_up()
    from cnn_tui.engine.device import pick_device
    from cnn_tui.engine.look.judge import compute_as, judge
    from cnn_tui.engine.look.predict import weights_for
    from cnn_tui.engine.look.source import Source

    source = Source(path, data_dir)
    source.use(pick_device(device))
    compute_as(source)
    pictures = _pictures(source, dataset, part)
    weighed = weights_for(source, moment)
    found = judge(source, weighed, pictures)
    title = f"{dataset or source.config.dataset.title}, {len(pictures.images):,} images"
    facts = {"run": path.name, "step": weighed.step, **_facts(source, found)}
    if as_json:
        echo_json({"pictures": title, "note": pictures.note, **facts})
        return
    for line in _lines(title, pictures.note, facts):
        echo(line)


def _pictures(
    source: "Source", dataset: str | None, part: "Which | None"
) -> "Pictures":
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.config import parse_dataset
    from cnn_tui.engine.look.judge import other_pictures, own_pictures

    if dataset is None:
        return own_pictures(source, part or "test")
    own = source.config.dataset
    form: list[tuple[str, Any]] = [
        ("dataset.image_size", source.facts.input_shape[1]),
        ("dataset.mode", "grey" if source.facts.input_shape[0] == 1 else "rgb"),
        ("dataset.resize", own.resize),
    ]
    other = parse_dataset(dataset, form)
    whole = part or ("test" if other.name else "all")
    return other_pictures(source, other, whole, tell_loading)


def _facts(source: "Source", found: "Evaluation") -> dict[str, Any]:
    from cnn_tui.runs.confusion import Confusion

    names = source.facts.class_names
    matrix = Confusion(step=0, counts=found.arrays["confusion"], class_names=names)
    columns = matrix.counts.sum(1), matrix.recall, matrix.precision
    return {
        "loss": found.loss,
        "accuracy": found.accuracy,
        "classes": [
            {"class": name, "images": int(images), **_shares(recall, precision)}
            for name, images, recall, precision in zip(names, *columns, strict=True)
        ],
        "confusion": matrix.counts.tolist(),
    }


def _shares(recall: float, precision: float) -> dict[str, float | None]:
    """Returns what is known of both: a share of nothing is none."""
    values = {"recall": float(recall), "precision": float(precision)}
    return {name: value if value == value else None for name, value in values.items()}


def _lines(title: str, note: str, facts: dict[str, Any]) -> Iterator[str]:
    from cnn_tui.text import percent, printable

    yield f"{printable(title)}; weights after update {facts['step']:,}"
    if note:
        yield f"({note})"
    yield f"loss {facts['loss']:.4f}  accuracy {percent(facts['accuracy'])}"
    yield ""
    width = max(len(printable(item["class"])) for item in facts["classes"])
    yield f"{'class':<{width}}  {'images':>7}  {'recall':>8}  {'precision':>9}"
    for item in facts["classes"]:
        name = f"{printable(item['class']):<{width}}"
        shares = f"{percent(item['recall']):>8}  {percent(item['precision']):>9}"
        yield f"{name}  {item['images']:>7,}  {shares}"
