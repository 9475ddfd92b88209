"""Several processes for one run: starting them on devices, or being one of them."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from cnn_tui.cli.following import Written, follow_run
from cnn_tui.errors import InputError
from cnn_tui.handover import resume_on_devices, start_on_devices
from cnn_tui.host import nvml
from cnn_tui.host.cuda import VISIBLE, usable_gpus
from cnn_tui.host.process import absolute
from cnn_tui.host.ranks import Devices, Ranks, parse_devices, python_for, ranks


def leading_place(
    ctx: click.Context, devices: str | None, *, starts_others: bool = False
) -> Ranks:
    """Returns the place of this process, if it leads; else it follows, and ends.

    Raises:
        InputError: if a launcher has started it, and it is to start others itself.
    """
    place = ranks()
    if place.size > 1 and (starts_others or devices is not None):
        raise InputError(
            "--devices, --background and --seeds start processes or runs themselves: "
            "without torchrun, and without RANK and WORLD_SIZE in the environment"
        )
    if place.rank > 0:
        ctx.exit(_follow_leader(place, ctx.params["data_dir"]))
    return place


def chosen_devices(text: str | None, device: str | None) -> Devices | None:
    """Returns the devices that ``--devices`` means, if it is given.

    Raises:
        InputError: if they are not there, or ``--device`` says another one.
    """
    if text is None:
        return None
    if device is not None:
        raise InputError("give either --device or --devices")
    visible = os.environ.get(VISIBLE)
    return parse_devices(text, len(usable_gpus(nvml.gpus(), visible)))


def see_only(devices: Devices) -> None:
    """Lets this process, and what it starts, see no other GPUs than these."""
    os.environ.update(devices.environment(os.environ.get(VISIBLE)))


def given_again(ctx: click.Context, *names: str) -> list[str]:
    """Returns options of a command as they were given, for another process."""
    words = []
    for option in ctx.command.params:
        value = ctx.params[option.name or ""]
        if option.name in names and value is not None:
            values = value if isinstance(value, tuple) else (value,)
            words += [f"{option.opts[0]}={each}" for each in values]
    return words


def train_and_follow(arguments: Sequence[str], *, as_json: bool) -> int:
    """Starts a new run in the background and shows it; returns the exit code.

    Raises:
        InputError: if it cannot start.
    """
    run = start_on_devices(arguments)
    return follow_run(run, Written(run), as_json=as_json)


def resume_and_follow(
    run: Path,
    options: Sequence[str],
    devices: Devices,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> int:
    """Goes on with a run in processes of their own and shows it; the exit code.

    Raises:
        InputError: if they do not go on with it.
    """
    written = Written(run, from_now=True)
    options = ["--device", devices.kind, *options]
    resume_on_devices(run, options, devices.count, data_dir)
    return follow_run(run, written, as_json=as_json)


def become_launcher(
    run: Path, options: Sequence[str], devices: Devices, data_dir: Path | None
) -> NoReturn:
    """Goes on with a run in processes that this one starts, as torchrun, and watches.

    It stays the same process, and so keeps the locks that it was given for them.
    """
    command = ["resume", str(absolute(run)), "--device", devices.kind, *options]
    command += [] if data_dir is None else ["--data-dir", str(absolute(data_dir))]
    python = python_for(devices.count)
    os.execv(sys.executable, [*python, "-m", "cnn_tui", *command])


def _follow_leader(place: Ranks, data_dir: Path | None) -> int:
    """Takes part in a run that another process leads; returns the exit code."""
    from cnn_tui.engine.warm_up import warm_up

    warm_up()
    from cnn_tui.engine.follower import follow

    follow(place, data_dir)
    return 0
