"""``cnn-tui health``: how the layers of a run do."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.runs.health import HealthRow, LayerHealth

_HEADER = (
    *("layer", "mean", "deviation", "zeros", "dead", "gradient", "update ÷ weight"),
)


@click.command(short_help="Show how the layers do, and what is wrong with one.")
@click.argument("run", shell_complete=completing.runs)
@runs_dir_option
@json_option
def health(run: str, runs_dir: Path, as_json: bool) -> None:
    """Show the last sample of the layers of RUN, and what is to be done about it.

    Samples are taken at evaluations, where they cost at most 1 % of the time.
    """
    import msgspec

    from cnn_tui.runs.config import read_config
    from cnn_tui.runs.health import read_health
    from cnn_tui.runs.layout import find_run
    from cnn_tui.runs.verdicts import verdicts
    from cnn_tui.text import printable

    path = find_run(run, runs_dir)
    rows = read_health(path)
    found = verdicts(rows)
    if as_json:
        echo_json(msgspec.to_builtins({"samples": rows, "verdicts": found}))
        return
    if not rows:
        is_on = read_config(path).training.health
        why = (
            "the first comes at an evaluation after 500 updates or more"
            if is_on
            else "training.health is false"
        )
        echo(f"{printable(path.name)} has no sample of its layers: {why}")
        return
    _print(rows[-1])
    for verdict in found:
        echo(f"✗ {verdict.sentence}")
    if not found:
        echo("✓ nothing is wrong with any layer")


def _print(row: "HealthRow") -> None:
    lines = [_HEADER, *(_cells(layer) for layer in row.layers)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    echo(f"after update {row.step:,}")
    for name, *values in lines:
        cells = [name.ljust(widths[0]), *map(str.rjust, values, widths[1:])]
        echo("  ".join(cells))


def _cells(layer: "LayerHealth") -> tuple[str, ...]:
    from cnn_tui.text import printable, significant

    dead, zeros = layer.dead_channels, layer.zero_share
    return (
        printable(layer.name),
        significant(layer.activation_mean),
        significant(layer.activation_std),
        "–" if zeros is None else f"{100 * zeros:.0f} %",
        "–" if dead is None else f"{dead} of {layer.channels or 0}",
        significant(layer.gradient_norm),
        significant(layer.update_to_weight),
    )
