"""``cnn-tui fork``: a new run that goes on from another one's past."""

from pathlib import Path

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    data_dir_option,
    dataset_option,
    iterations_of,
    iterations_option,
    json_option,
    pause_at_option,
    runs_dir_option,
    settings_option,
)
from cnn_tui.engine.warm_up import warm_up


@click.command(
    short_help="Go on from any update of a run, with other values, as a new one."
)
@click.argument("run", metavar="RUN[@STEP]", shell_complete=completing.runs)
@settings_option("Change a value: --set lr=0.01 --set batch_size=64.")
@dataset_option("Other images of the same shape and number of classes.")
@iterations_option
@click.option("--name", help="The name of the new run.  [default: says what changed]")
@click.option("--background", is_flag=True, help="Train detached from this terminal.")
@click.option("--no-start", is_flag=True, help="Only make it; resume starts it.")
@pause_at_option
@runs_dir_option
@data_dir_option
@json_option
@click.pass_context
def fork(
    ctx: click.Context,
    run: str,
    settings: tuple[str, ...],
    dataset: str | None,
    iterations: str | None,
    name: str | None,
    background: bool,
    no_start: bool,
    pause_at: int | None,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Make a new run, beside RUN, that begins where RUN was after STEP.

    STEP is best, newest (the default), or any update: what is not kept is replayed.
    What may change is all that the weights can go on with: not the network, nor the
    optimizer. Without changes the new run repeats RUN bit for bit.
    """
    from cnn_tui.config import parse_settings
    from cnn_tui.config.dataset import source_settings
    from cnn_tui.runs.moments import find_moment

    path, step = find_moment(run, runs_dir)
    values = source_settings(dataset) if dataset is not None else []
    values += parse_settings(settings)
    total, more = iterations_of(iterations)
    warm_up()
    from cnn_tui.cli.headless import leave_to_background, resume_headless, say_made
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.fork import Fork, make_fork, read_past
    from cnn_tui.engine.resume import Changes

    wanted = Fork(settings=values, iterations=total, more_iterations=more, name=name)
    past = read_past(path, step, data_dir, tell_loading)
    made = make_fork(past, wanted, data_dir, tell_loading)
    if no_start:
        say_made(made, as_json=as_json)
    elif background:
        leave_to_background(made, data_dir, as_json=as_json)
    else:
        changes = Changes(pause_at=pause_at)
        ctx.exit(resume_headless(made, changes, data_dir, as_json=as_json))
