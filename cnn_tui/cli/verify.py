"""``cnn-tui verify``: proves that a run can be repeated bit for bit."""

from pathlib import Path

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import data_dir_option, echo, runs_dir_option
from cnn_tui.engine.warm_up import warm_up


@click.command(short_help="Replay a part of a run and compare, bit for bit.")
@click.argument("run", shell_complete=completing.runs)
@click.option(
    "--from",
    "from_step",
    type=click.IntRange(min=0),
    metavar="STEP",
    help="Begin at the newest checkpoint up to STEP.  [default: the last step - N]",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="N",
    help="How many updates to compare.",
)
@runs_dir_option
@data_dir_option
@click.pass_context
def verify(
    ctx: click.Context,
    run: str,
    from_step: int | None,
    steps: int,
    runs_dir: Path,
    data_dir: Path | None,
) -> None:
    """Replay updates of RUN from a checkpoint, with the edits made then.

    Exit code 0: all values are the same, bit for bit; 1: one differs. Writes nothing.
    """
    from cnn_tui.runs.layout import find_run

    path = find_run(run, runs_dir)
    warm_up()
    from cnn_tui.engine.verify import verify_run

    verdict = verify_run(path, from_step=from_step, steps=steps, data_dir=data_dir)
    span = f"steps {verdict.first_step + 1:,} to {verdict.last_step:,}"
    if verdict.difference is None:
        echo(f"same: {span}, bit for bit")
        return
    echo(f"differs: {verdict.difference} ({span})")
    ctx.exit(1)
