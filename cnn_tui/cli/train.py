"""``cnn-tui train``: trains headless."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

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
    become_launcher,
    chosen_devices,
    given_again,
    leading_place,
    see_only,
    train_and_follow,
)
from cnn_tui.engine.warm_up import warm_up
from cnn_tui.errors import InputError
from cnn_tui.host.ranks import Devices, Ranks

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig, Setting
    from cnn_tui.engine.start import NewRun
    from cnn_tui.presets.read import Preset

_GIVEN_AGAIN = (
    *("settings", "dataset", "devices", "name", "pause_at", "runs_dir", "data_dir"),
)


@click.command(short_help="Train a model without the dashboard.")
@click.argument(
    "preset",
    metavar="PRESET_OR_FILE",
    required=False,
    shell_complete=completing.presets,
)
@click.option(
    "--job", type=click.Path(path_type=Path), metavar="FILE", help="A job of the queue."
)
@settings_option("Change a value: --set lr=0.05 --set training.batch_size=64.")
@dataset_option(OTHER_IMAGES)
@device_option
@devices_option
@click.option("--name", help="The name of the run.  [default: that of the preset]")
@click.option(
    "--seeds",
    type=click.IntRange(2, 1000),
    metavar="N",
    help="Train with N seeds, from the preset's on, and tell mean and spread; "
    "with --background by the queue.",
)
@click.option("--background", is_flag=True, help="Train detached from this terminal.")
@pause_at_option
@runs_dir_option
@data_dir_option
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    preset: str | None,
    job: Path | None,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    devices: str | None,
    name: str | None,
    seeds: int | None,
    background: bool,
    pause_at: int | None,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Train a preset, or a preset file, into a new run directory.

    In their place, --job takes a file as the queue has them, with the id that its
    name gives to the run.

    A loss that is not finite stops the run, where the preset does not say otherwise:
    --set on_non_finite=pause waits for somebody, as a run of the dashboard does.

    Exit code 0: finished or stopped; 1: failed; 2: bad input; 130 or 143: interrupted
    by SIGINT or SIGTERM, with a checkpoint.
    """
    place = leading_place(ctx, devices, starts_others=background or seeds is not None)
    several = chosen_devices(devices, device)
    if several and seeds is not None and not background:
        raise InputError("--devices with --seeds: add --background, for the queue")
    device = several.kind if several else device
    asked = _asked(preset, job, settings, dataset, device)
    if several and job is None and not background:
        arguments = [str(preset), *given_again(ctx, *_GIVEN_AGAIN)]
        ctx.exit(train_and_follow(arguments, as_json=as_json))
    code = _train(
        asked,
        place,
        several,
        seeds=seeds,
        background=background,
        as_json=as_json,
        name=name or asked.name,
        runs_folder=runs_dir,
        data_dir=data_dir or asked.data_dir,
        pause_at=pause_at,
    )
    ctx.exit(code)


def _train(
    asked: "_Asked",
    place: Ranks,
    several: Devices | None,
    *,
    seeds: int | None,
    background: bool,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Trains here, in the background, or with several seeds; returns the exit code."""
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
        config=for_processes(asked.config, processes, processes),
        preset=asked.preset,
        run_id=asked.run_id,
        tell=tell_loading,
        team=join(place),
        **chosen,
    )
    if seeds is not None:
        from cnn_tui.cli.seeds import queue_seeds, train_seeds

        if background:
            return queue_seeds(wanted, seeds, as_json=as_json, devices=processes)
        return train_seeds(wanted, seeds, as_json=as_json)
    if background:
        return train_in_background(wanted, as_json=as_json, processes=processes)
    if several:
        _train_from_here(wanted, several, as_json=as_json)
    return train_headless(wanted, as_json=as_json)


def _train_from_here(wanted: "NewRun", several: Devices, *, as_json: bool) -> NoReturn:
    """Makes a run, and becomes what starts its processes and watches them."""
    from cnn_tui.cli.headless import make_for_others

    run = make_for_others(replace(wanted, pause_at=None))
    options = ["--json"] if as_json else []
    if wanted.pause_at is not None:
        options.append(f"--pause-at={wanted.pause_at}")
    become_launcher(run, options, several, wanted.data_dir)


def configured(
    preset: str, settings: tuple[str, ...], dataset: str | None, device: str | None
) -> "tuple[Preset, RunConfig]":
    """Returns a preset, and its config with all that was set.

    Raises:
        InputError: if there is no such preset, or something cannot be set so.
    """
    from cnn_tui.presets.files import find_preset
    from cnn_tui.presets.read import read_preset

    values = settings_of(settings, dataset, device)
    chosen = read_preset(find_preset(preset))
    return chosen, chosen.with_settings(values)


def settings_of(
    settings: tuple[str, ...], dataset: str | None, device: str | None
) -> "list[Setting]":
    """Returns what options set.

    Raises:
        InputError: if something cannot be set so.
    """
    from cnn_tui.config import parse_settings
    from cnn_tui.config.dataset import source_settings

    values = parse_settings(settings)
    if dataset is not None:
        values = [*source_settings(dataset), *values]
    if device is not None:
        values.append(("training.device", device))
    return values


class _Asked(NamedTuple):
    """What a preset or a job says of a run."""

    config: "RunConfig"
    name: str
    preset: str | None
    run_id: str | None = None
    data_dir: Path | None = None


def _asked(
    preset: str | None,
    job: Path | None,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
) -> _Asked:
    """Returns what is asked for; raises InputError if it is not one thing."""
    if (preset is None) == (job is None):
        raise InputError("give either a preset or --job FILE")
    if job is not None:
        return _of_job(job, settings_of(settings, dataset, device))
    chosen, config = configured(str(preset), settings, dataset, device)
    return _Asked(config, chosen.name, chosen.name)


def _of_job(path: Path, settings: "list[Setting]") -> _Asked:
    from cnn_tui.config import apply_settings, parse_mapping
    from cnn_tui.jobs import read_job
    from cnn_tui.runs.queued import run_id_of
    from cnn_tui.text import printable

    job = read_job(path)
    config = parse_mapping(apply_settings(job.config, settings), printable(path))
    data_dir = Path(job.data_dir) if job.data_dir else None
    return _Asked(config, job.name, job.preset, run_id_of(path), data_dir)
