"""``cnn-tui resume``: goes on with a run exactly where it was."""

from pathlib import Path

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    data_dir_option,
    devices_option,
    iterations_of,
    iterations_option,
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
    resume_and_follow,
    see_only,
)
from cnn_tui.engine.warm_up import warm_up


@click.command(short_help="Go on with a run exactly where it was.")
@click.argument("run", shell_complete=completing.runs)
@iterations_option
@settings_option("Change a live value: --set lr=0.001.")
@click.option("--device", help="Go on elsewhere; the result is not bit-exact then.")
@devices_option
@click.option("--handover", is_flag=True, hidden=True)
@click.option("--keep-session", is_flag=True, hidden=True)
@pause_at_option
@runs_dir_option
@data_dir_option
@json_option
@click.pass_context
def resume(
    ctx: click.Context,
    run: str,
    iterations: str | None,
    settings: tuple[str, ...],
    device: str | None,
    devices: str | None,
    handover: bool,
    keep_session: bool,
    pause_at: int | None,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Go on with RUN: a path, an id, or the beginning of one.

    A run that was interrupted anywhere ends as one that was not, bit for bit.
    """
    from cnn_tui.config import parse_settings
    from cnn_tui.runs.layout import find_run

    place = leading_place(ctx, devices)
    path = find_run(run, runs_dir)
    if handover:
        from cnn_tui.cli.background import take_run_over

        ctx.exit(take_run_over(path, data_dir, place))
    values = parse_settings(settings)
    total, more = iterations_of(iterations)
    if several := chosen_devices(devices, device):
        wanted = given_again(ctx, "settings", "iterations", "pause_at")
        see_only(several)
        if keep_session:
            become_launcher(path, wanted, several, data_dir)
        ctx.exit(resume_and_follow(path, wanted, several, data_dir, as_json=as_json))
    # Only now, with the input in order, is it worth waiting for torch.
    warm_up()
    from cnn_tui.cli.headless import resume_headless
    from cnn_tui.engine.resume import Changes

    changes = Changes(
        iterations=total,
        more_iterations=more,
        settings=values,
        device=device,
        pause_at=pause_at,
    )
    ctx.exit(resume_headless(path, changes, data_dir, as_json=as_json, place=place))
