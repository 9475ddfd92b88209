"""``cnn-tui send``: steers a run from a script."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import echo, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.runs.events import Event
    from cnn_tui.runs.records import Status


@click.command(
    short_help="Tell a run what to do.",
    context_settings={"ignore_unknown_options": True},  # -1 is a number here
)
@click.argument("run", shell_complete=completing.runs)
@click.argument("command", shell_complete=completing.orders)
@click.argument("arguments", nargs=-1)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the answer.",
)
@runs_dir_option
@click.pass_context
def send(
    ctx: click.Context,
    run: str,
    command: str,
    arguments: tuple[str, ...],
    timeout: float,
    runs_dir: Path,
) -> None:
    """Tell RUN what to do, and wait for the answer.

    COMMAND is pause, resume, step [COUNT], epoch, evaluate, checkpoint, stop, detach,
    set NAME VALUE, extend COUNT, or rollback [LR]. COUNT is a number of updates: 50 or
    +50.

    Exit code 0: done, or accepted; 2: rejected; 1: nobody is there to answer, or
    nobody did in time. The command is taken back then, unless the run has taken it.
    """
    from cnn_tui.runs import orders
    from cnn_tui.runs.events import Rejected
    from cnn_tui.runs.layout import find_run
    from cnn_tui.text import printable

    path = find_run(run, runs_dir)
    named = _named(command, arguments)
    orders.encode(command, named)
    answer = _tell(path, command, named, timeout)
    if isinstance(answer, str):
        echo(f"{printable(path.name)} {answer}")
        ctx.exit(1)
    if isinstance(answer, Rejected):
        echo(f"rejected: {printable(answer.reason)}")
        ctx.exit(2)
    echo(_done(answer))


def _named(command: str, words: tuple[str, ...]) -> dict[str, Any]:
    """Returns the arguments of a command by name."""
    from cnn_tui.errors import InputError
    from cnn_tui.io.safe_yaml import parse_value
    from cnn_tui.runs import orders

    taken = orders.ARGUMENTS.get(command)
    if taken is None:
        return {}  # whatever follows it, such a command is refused
    least = sum(argument.is_required for argument in taken)
    if not least <= len(words) <= len(taken):
        wanted = " ".join(argument.syntax for argument in taken) or "no arguments"
        raise InputError(f"{command} takes {wanted}")
    names = [argument.name for argument in taken]
    return dict(zip(names, map(parse_value, words), strict=False))


def _tell(
    run: Path, command: str, named: dict[str, Any], timeout_seconds: float
) -> "Event | str":
    """Sends a command; returns the answer, or says why there is none."""
    from cnn_tui.runs import mailbox

    if nobody := _nobody(run):
        return nobody
    command_id = mailbox.send(run, command, **named)
    answer = mailbox.await_answer(
        run, command_id, timeout_seconds, lambda: _nobody(run) is not None
    )
    if answer is None and mailbox.withdraw(run, command_id):
        return _nobody(run) or _no_answer(run, timeout_seconds)
    answer = answer or mailbox.await_answer(run, command_id, 0)  # it may just have come
    return answer or _nobody(run) or f"has taken {command}, but has not answered it yet"


def _nobody(run: Path) -> str | None:
    """Says what a run is that nobody will obey, and what helps; None if one may."""
    from cnn_tui.runs import records
    from cnn_tui.runs.layout import LOST, SILENT
    from cnn_tui.runs.liveness import unable_to_obey
    from cnn_tui.text import printable

    status = _status(run)
    state = status and unable_to_obey(status, records.now())
    if status is None or state is None:
        return None
    resume = f"with: cnn-tui resume {printable(shlex.quote(str(run)))}"
    if state == LOST:
        step = status.last_checkpoint_step or 0
        gone = f"is lost: process {status.pid} is gone without a word"
        if status.is_foreign:
            return gone
        return f"{gone}; go on from step {step:,} {resume}"
    if state == SILENT:
        silent = f"is silent: process {status.pid} gave its last sign {_sign(status)}"
        return f"{silent}; if it was stopped, wake it with: kill -CONT {status.pid}"
    if status.is_foreign:
        return _ending(status)
    return f"{_ending(status)}; go on {resume}{_more(status)}"


def _ending(status: "Status") -> str:
    from cnn_tui.text import printable

    why = f", {printable(status.reason)}" if status.reason else ""
    place = f"at step {status.step:,} of {status.total_steps:,}"
    return f"has ended: {status.state} {place}{why}"


def _more(status: "Status") -> str:
    from cnn_tui.runs.layout import State

    return " --iterations +1000" if status.state is State.FINISHED else ""


def _no_answer(run: Path, timeout_seconds: float) -> str:
    from cnn_tui.text import printable

    words = f"did not answer in {timeout_seconds:g} s"
    status = _status(run)
    if status is None or status.heartbeat is None:
        return words
    host = printable(status.host or "an unknown host")
    return f"{words}; its last sign was {_sign(status)} on {host}"


def _sign(status: "Status") -> str:
    """Returns how long ago a run gave a sign: "12 s ago", "3 min ago"."""
    from cnn_tui.runs import records
    from cnn_tui.text import age

    sign = status.heartbeat or status.started_at
    seconds = (records.now() - sign).total_seconds()
    return age(seconds) if seconds >= 60 else f"{max(0, seconds):.0f} s ago"


def _status(run: Path) -> "Status | None":
    """Returns the status of a run; None where it cannot be read."""
    from cnn_tui.errors import RunDirectoryError
    from cnn_tui.runs.status import read_status

    try:
        return read_status(run)
    except RunDirectoryError:
        return None


def _done(answer: "Event") -> str:
    """Says what was done, or when what was accepted will be."""
    from cnn_tui.runs.events import Resumed

    if isinstance(answer, Resumed) and answer.until is not None:
        return f"accepted: pauses at step {answer.until:,}"
    return f"done at step {answer.step:,}"
