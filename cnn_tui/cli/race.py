"""``cnn-tui race``: which value is the better one from here."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    data_dir_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
)
from cnn_tui.engine.warm_up import warm_up

if TYPE_CHECKING:
    from cnn_tui.engine.fork import Past
    from cnn_tui.runs.race import Lane, Over

_PATIENCE_SECONDS = 60.0


@click.command(short_help="Try values side by side from one update on, then keep one.")
@click.argument("run", metavar="RUN[@STEP]", shell_complete=completing.runs)
@click.option(
    "--over",
    metavar="KEY=VALUE,VALUE…",
    default="lr",
    help="What they differ in: lr=0.01,0.03 or lr=x1/3,x1,x3, the default.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1, max=10**6),
    default=200,
    show_default=True,
    metavar="N",
    help="Updates of each.",
)
@click.option("--keep", is_flag=True, help="Go on with the best one afterwards.")
@click.option("--group", hidden=True)
@runs_dir_option
@data_dir_option
@json_option
@click.pass_context
def race(
    ctx: click.Context,
    run: str,
    over: str,
    steps: int,
    keep: bool,
    group: str | None,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Fork RUN once for each value, and train the forks on the same batches.

    One after another, N updates each; then each is evaluated and stopped, and can go
    on with resume. STEP is best, newest (the default), or any update. A run that
    trains is paused first, and stays so.
    """
    from cnn_tui.runs.config import read_config
    from cnn_tui.runs.layout import find_run
    from cnn_tui.runs.moments import find_moment
    from cnn_tui.runs.race import check_over, parse_over
    from cnn_tui.text import printable

    wanted = parse_over(over)
    parent = find_run(run.rpartition("@")[0] or run, runs_dir)
    check_over(wanted, read_config(parent), printable(parent.name))
    _pause(parent)
    path, step = find_moment(run, runs_dir)
    warm_up()
    from cnn_tui.cli.headless import resume_headless
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.fork import read_past
    from cnn_tui.engine.resume import Changes
    from cnn_tui.runs.race import best_lane

    past = read_past(path, step, data_dir, tell_loading)
    lanes, code = _race(past, wanted, steps, group, data_dir)
    best = best_lane(lanes)
    if as_json:
        echo_json([_as_json(lane) for lane in lanes])
    else:
        _print(lanes, best)
    if code or not keep or best is None:
        ctx.exit(code)
    ctx.exit(resume_headless(best.run, Changes(), data_dir, as_json=as_json))


def _race(
    past: "Past", over: "Over", steps: int, group: str | None, data_dir: Path | None
) -> "tuple[list[Lane], int]":
    """Returns how each has done, and the exit code: not 0 where it was interrupted."""
    from cnn_tui.cli.following import exit_code
    from cnn_tui.cli.headless import interrupts_by_signals
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.race import make_lanes, run_lane
    from cnn_tui.runs.layout import State
    from cnn_tui.runs.race import read_lane

    name = group or f"race-{time.time_ns()}"
    runs = list(make_lanes(past, over, steps, name, data_dir, tell_loading))
    code = 0
    with interrupts_by_signals() as interrupts:
        for run in runs:
            outcome = run_lane(run, steps, interrupts, data_dir)
            if outcome.state is State.INTERRUPTED:
                code = exit_code(outcome.state, outcome.reason)
                break
    return [read_lane(run) for run in runs], code


def _pause(run: Path) -> None:
    """Lets a run that trains stand still, with a checkpoint.

    Raises:
        TrainingError: if it does not answer.
    """
    from cnn_tui.errors import TrainingError
    from cnn_tui.runs import mailbox, records
    from cnn_tui.runs.layout import State
    from cnn_tui.runs.liveness import unable_to_obey
    from cnn_tui.runs.status import read_status
    from cnn_tui.text import printable

    def is_to_be_paused() -> bool:
        status = read_status(run)
        if status is None or status.state is State.PAUSED:
            return False
        return unable_to_obey(status, records.now()) is None

    if not is_to_be_paused():
        return
    sent = mailbox.send(run, "pause")
    mailbox.await_answer(run, sent, _PATIENCE_SECONDS, lambda: not is_to_be_paused())
    if is_to_be_paused():
        mailbox.withdraw(run, sent)
        raise TrainingError(
            f"{printable(run.name)} trains and did not pause in {_PATIENCE_SECONDS:g} s"
        )


def _print(lanes: "Sequence[Lane]", best: "Lane | None") -> None:
    from cnn_tui.runs.layout import GLYPHS
    from cnn_tui.text import percent, printable, significant

    width = max(len(lane.value) for lane in lanes)
    for lane in lanes:
        mark = "›" if lane is best else " "
        glyph = GLYPHS.get(lane.state, "?")
        numbers = f"loss {significant(lane.loss)}  {percent(lane.accuracy)}"
        value = lane.value or "unchanged"
        name = printable(lane.run.name)
        echo(f"{mark} {value:{max(width, 9)}}  {numbers}  {glyph} {lane.state}  {name}")
    if best is not None:
        echo(f"go on with: cnn-tui resume {printable(best.run.name)}")


def _as_json(lane: "Lane") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(lane) | {"run": str(lane.run)}
