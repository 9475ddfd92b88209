"""``cnn-tui train``: trains headless."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    OTHER_IMAGES,
    data_dir_option,
    dataset_option,
    device_option,
    devices_option,
    json_option,
    pause_at_option,
    runs_dir_option,
    settings_option,
)
from cnn_tui.cli.several import (
    chosen_devices,
    given_again,
    leading_place,
    see_only,
    train_and_follow,
)
from cnn_tui.engine.warm_up import warm_up
from cnn_tui.host.ranks import Devices, Ranks

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.presets.read import Preset

_GIVEN_AGAIN = (
    *("settings", "dataset", "devices", "name", "pause_at", "runs_dir", "data_dir"),
)


@click.command(short_help="Train a model without the dashboard.")
@click.argument("preset", metavar="PRESET_OR_FILE", shell_complete=completing.presets)
@settings_option("Change a value: --set lr=0.05 --set training.batch_size=64.")
@dataset_option(OTHER_IMAGES)
@device_option
@devices_option
@click.option("--name", help="The name of the run.  [default: that of the preset]")
@click.option("--background", is_flag=True, help="Train detached from this terminal.")
@pause_at_option
@runs_dir_option
@data_dir_option
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    preset: str,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    devices: str | None,
    name: str | None,
    background: bool,
    pause_at: int | None,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Train a preset, or a preset file, into a new run directory.

    A loss that is not finite stops the run, where the preset does not say otherwise:
    --set on_non_finite=pause waits for somebody, as a run of the dashboard does.

    Exit code 0: finished or stopped; 1: failed; 2: bad input; 130 or 143: interrupted
    by SIGINT or SIGTERM, with a checkpoint.
    """
    place = leading_place(ctx, devices, background=background)
    several = chosen_devices(devices, device)
    device = several.kind if several else device
    chosen, config = configured(preset, settings, dataset, device)
    if several and not background:
        arguments = [preset, *given_again(ctx, *_GIVEN_AGAIN)]
        ctx.exit(train_and_follow(arguments, as_json=as_json))
    code = _train(
        chosen,
        config,
        place,
        several,
        background=background,
        as_json=as_json,
        name=name or chosen.name,
        runs_folder=runs_dir,
        data_dir=data_dir,
        pause_at=pause_at,
    )
    ctx.exit(code)


def _train(
    chosen: "Preset",
    config: "RunConfig",
    place: Ranks,
    several: Devices | None,
    *,
    background: bool,
    as_json: bool,
    **asked: Any,
) -> int:
    """Trains here, or in the background on ``several`` devices; the exit code."""
    if several:
        see_only(several)
    # Only now, with the input in order, is it worth waiting for torch.
    warm_up()
    from cnn_tui.cli.headless import train_headless, train_in_background
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.config.processes import for_processes
    from cnn_tui.engine.start import NewRun
    from cnn_tui.engine.team import join

    processes = several.count if several else 1
    wanted = NewRun(
        config=for_processes(config, processes, processes),
        preset=chosen.name,
        tell=tell_loading,
        team=join(place),
        **asked,
    )
    if background:
        return train_in_background(wanted, as_json=as_json, processes=processes)
    return train_headless(wanted, as_json=as_json)


def configured(
    preset: str, settings: tuple[str, ...], dataset: str | None, device: str | None
) -> "tuple[Preset, RunConfig]":
    """Returns a preset, and its config with all that was set.

    Raises:
        InputError: if there is no such preset, or something cannot be set so.
    """
    from cnn_tui.config import parse_settings
    from cnn_tui.config.dataset import source_settings
    from cnn_tui.presets.files import find_preset
    from cnn_tui.presets.read import read_preset

    values = parse_settings(settings)
    if dataset is not None:
        values = [*source_settings(dataset), *values]
    if device is not None:
        values.append(("training.device", device))
    chosen = read_preset(find_preset(preset))
    return chosen, chosen.with_settings(values)
