"""``cnn-tui send``: steers a run from a script."""

from pathlib import Path
from typing import Any

import click

from cnn_tui.cli.options import echo, runs_dir_option

_ARGUMENTS = {
    "step": ("count",),
    "set": ("name", "value"),
    "extend": ("steps",),
    "rollback": ("lr",),
}
_OPTIONAL = {"step", "rollback"}


@click.command(
    short_help="Tell a run what to do.",
    context_settings={"ignore_unknown_options": True},  # -1 is a number here
)
@click.argument("run")
@click.argument("command")
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
    set NAME VALUE, extend STEPS, or rollback [LR].

    Exit code 0: done; 2: rejected; 1: no answer, and the command was taken back.
    """
    from cnn_tui.runs import mailbox
    from cnn_tui.runs.events import Rejected
    from cnn_tui.runs.layout import find_run
    from cnn_tui.text import printable

    path = find_run(run, runs_dir)
    command_id = mailbox.send(path, command, **_named(command, arguments))
    answer = mailbox.await_answer(path, command_id, timeout)
    if answer is None:
        mailbox.withdraw(path, command_id)
        echo(f"{printable(path.name)} did not answer in {timeout:g} s")
        ctx.exit(1)
    if isinstance(answer, Rejected):
        echo(f"rejected: {printable(answer.reason)}")
        ctx.exit(2)
    echo(f"done at step {answer.step:,}")


def _named(command: str, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Returns the arguments of a command by name."""
    from cnn_tui.errors import InputError
    from cnn_tui.io.safe_yaml import parse_value

    names = _ARGUMENTS.get(command, ())
    missing = len(arguments) < len(names) and command not in _OPTIONAL
    if missing or len(arguments) > len(names):
        wanted = " ".join(name.upper() for name in names) or "no arguments"
        raise InputError(f"{command} takes {wanted}")
    return dict(zip(names, map(parse_value, arguments), strict=False))
