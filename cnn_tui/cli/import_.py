"""``cnn-tui import``: takes the logs of other programs into the list of runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.foreign.importing import Imported

_KINDS = ("tensorboard", "csv", "lightning", "keras", "wandb")
_MOST_SHOWN = 8


@click.command("import", short_help="Take the logs of other programs into the list.")
@click.argument("path", metavar="FILE_OR_FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    help="Whose log it is.  [default: what its name and its columns say]",
)
@click.option(
    "--map",
    "pairs",
    metavar="NAME=CURVE",
    multiple=True,
    help="What a name in the log means: --map top1=validation/accuracy.",
)
@click.option("--name", help="What the run is called.  [default: as file or folder]")
@runs_dir_option
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    path: Path,
    kind: str | None,
    pairs: tuple[str, ...],
    name: str | None,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Make runs of TensorBoard's event files, CSV files with a column of steps or
    epochs, the logs of Lightning's CSVLogger and Keras' CSVLogger, and the history of a
    run of W&B, exported as CSV or as lines of JSON.

    They can be looked at and compared as others, and not gone on with. Of a folder,
    each log below it becomes a run. CURVE is train/loss, train/accuracy, test/loss,
    test/accuracy, validation/loss, validation/accuracy or lr.
    """
    from cnn_tui.errors import InputError
    from cnn_tui.foreign.importing import import_source
    from cnn_tui.foreign.names import parse_wanted
    from cnn_tui.foreign.sources import find_sources

    wanted = parse_wanted(pairs)
    sources = find_sources(path, kind)  # type: ignore[arg-type]
    refused = []
    results = []
    for source in sources:
        try:
            found = import_source(source, runs_dir, wanted=wanted, name=name)
        except InputError as error:
            if len(sources) == 1:
                raise
            refused.append(str(error))
            continue
        results.append(found)
        if not as_json:
            _print(found)
    if as_json:
        echo_json({"runs": [_as_json(found) for found in results], "refused": refused})
    for sentence in refused:
        click.echo(f"cnn-tui: {sentence}", err=True)
    ctx.exit(2 if refused else 0)


def _print(found: "Imported") -> None:
    from cnn_tui.text import count, printable

    name = printable(found.run.name)
    if not found.is_new:
        echo(f"{name} has been made of this log before")
        return
    echo(f"{name}  {count(found.rows)} rows")
    for own, curve in (found.curves or {}).items():
        echo(f"  {curve:<20} {printable(own)}")
    if found.others:
        echo(f"  {'kept as they are':<20} {_some(found.others)}")
    for own, why in (found.notes or {}).items():
        echo(f"  ! {printable(own)}: {why}")


def _some(names: Sequence[str]) -> str:
    from cnn_tui.text import printable

    more = len(names) - _MOST_SHOWN
    shown = ", ".join(map(printable, names[:_MOST_SHOWN]))
    return f"{shown} and {more} more" if more > 0 else shown


def _as_json(found: "Imported") -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(found), "run": str(found.run)}
