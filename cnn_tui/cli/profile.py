"""``cnn-tui profile``: where the time of a training goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.meant import run_meant
from cnn_tui.cli.options import (
    data_dir_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
    settings_option,
)
from cnn_tui.cli.train import configured
from cnn_tui.engine.warm_up import warm_up
from cnn_tui.errors import InputError

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.runs.profile import Profile

UPDATES = 50


@click.command(short_help="Show where the time of a training goes.")
@click.argument(
    "what", metavar="RUN_OR_PRESET", shell_complete=completing.presets_and_runs
)
@click.option(
    "--updates",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help=f"Updates of a preset to measure.  [default: {UPDATES}]",
)
@click.option("--device", help="Of a preset: auto, cpu, mps, cuda or cuda:N.")
@settings_option("Change a value of a preset: --set batch_size=64.")
@runs_dir_option
@data_dir_option
@json_option
def profile(
    what: str,
    updates: int | None,
    device: str | None,
    settings: tuple[str, ...],
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Show what takes the time of an update, layer by layer, and what would help.

    Of a run it is what its training has measured, evaluations and checkpoints with it.
    Of a preset a few updates are made here, and nothing is written.
    """
    from cnn_tui.text import printable

    run = run_meant(what, runs_dir)
    if run is None:
        config = configured(what, settings, None, device)[1]
        _show(printable(what), _measured(config, updates or UPDATES, data_dir), as_json)
        return
    if updates or device or settings:
        raise InputError(
            f"{printable(what)} is a run, whose training has measured itself: "
            "--updates, --device and --set are for presets"
        )
    _show(printable(run.name), _recorded(run), as_json)


def _measured(config: "RunConfig", updates: int, data_dir: Path | None) -> "Profile":
    warm_up()
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.profiling import profile_updates
    from cnn_tui.engine.setup import set_up

    return profile_updates(set_up(config, data_dir, tell_loading), updates)


def _recorded(run: Path) -> "Profile":
    from cnn_tui.runs.config import read_config
    from cnn_tui.runs.profile import read_profile
    from cnn_tui.text import printable

    if found := read_profile(run):
        return found
    is_on = read_config(run).training.profile
    why = (
        "the first update is taken apart after 100 others"
        if is_on
        else "training.profile is false"
    )
    raise InputError(f"{printable(run.name)} has no profile: {why}")


def _show(name: str, found: "Profile", as_json: bool) -> None:
    from msgspec import to_builtins

    from cnn_tui.runs.bottleneck import verdict
    from cnn_tui.runs.profile import images_per_second, parts

    if as_json:
        facts = {
            "profile": found,
            "parts": parts(found, layers=None),
            "images_per_second": images_per_second(found),
            "verdict": verdict(found),
        }
        echo_json(to_builtins(facts))
        return
    for line in _lines(name, found):
        echo(line)
    echo(f"→ {verdict(found)}")


def _lines(name: str, found: "Profile") -> Iterator[str]:
    from cnn_tui.runs.profile import in_words, parts
    from cnn_tui.text import printable

    rows = parts(found)
    names = ["  " * it.depth + printable(it.name) for it in rows]
    width = max(map(len, names))
    yield f"{name}: {in_words(found)}"
    yield f"{'':<{width}}  ms per update       %"
    for title, row in zip(names, rows, strict=True):
        yield f"{title:<{width}}  {1000 * row.seconds:13.3f}  {100 * row.share:6.1f}"
