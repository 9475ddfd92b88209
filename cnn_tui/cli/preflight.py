"""``cnn-tui preflight``: how fast a preset is here, and how it would be faster."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    OTHER_IMAGES,
    data_dir_option,
    dataset_option,
    device_option,
    echo,
    json_option,
    runs_dir_option,
    settings_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnn_tui.preflight.messages import AnyLine, Facts, Measure, Measured


@click.command(short_help="Measure how fast a preset is here, before it is started.")
@click.argument("preset", metavar="PRESET_OR_FILE", shell_complete=completing.presets)
@settings_option("Change a value: --set batch_size=64.")
@dataset_option(OTHER_IMAGES)
@device_option
@click.option("--all", "everything", is_flag=True, help="Compiled and slow ways, too.")
@click.option("--force", is_flag=True, help="Do it while a run trains here, too.")
@runs_dir_option
@data_dir_option
@json_option
def preflight(
    preset: str,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    everything: bool,
    force: bool,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Measure updates, memory and the time to the end, and other ways to compute.

    Each line changes one value: precision, memory_format, threads, compile; the last
    one has all that are faster. With --json one object a line.
    """
    from cnn_tui.cli.lr_find import refuse_to_disturb
    from cnn_tui.cli.train import configured
    from cnn_tui.config import to_mapping
    from cnn_tui.preflight.messages import PATIENT_SECONDS, SECONDS, Measure

    config = configured(preset, settings, dataset, device)[1]
    if not force:
        refuse_to_disturb(runs_dir)
    request = Measure(
        config=to_mapping(config),
        data_dir=str(data_dir) if data_dir else None,
        seconds=PATIENT_SECONDS if everything else SECONDS,
        compiles=everything,
    )
    _measure(request, as_json=as_json)


def _measure(request: "Measure", *, as_json: bool) -> None:
    warm_up()
    from cnn_tui.engine.preflight.measure import measured
    from cnn_tui.preflight.messages import to_line

    lines = measured(request)
    if not as_json:
        _print(lines)
        return
    for line in lines:
        echo(to_line(line).decode().rstrip())


def _print(lines: "Iterable[AnyLine]") -> None:
    """Prints each line as it comes, and the fastest once more."""
    from cnn_tui.preflight import messages, words

    facts: Facts | None = None
    found: list[Measured] = []
    for line in lines:
        match line:
            case messages.Facts():
                facts = line
                echo(words.measured_with(line))
                echo(words.heading())
            case messages.Measured() if facts is not None:
                found.append(line)
                echo(words.laid_out(words.cells(line, found[0], facts)))
            case messages.Unmeasured():
                echo(words.left_out(line))
            case messages.LargestBatch():
                echo(words.largest(line))
    settings = found[words.fastest(found)].settings
    options = " ".join(f"--set {key}={value}" for key, value in settings)
    echo(f"fastest: {options or 'as it is'}")
