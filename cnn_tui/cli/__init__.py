"""The command line.  Heavy modules are imported inside the commands that need them."""

from pathlib import Path

import click

from cnn_tui import __version__
from cnn_tui.cli.attach import attach
from cnn_tui.cli.check import check
from cnn_tui.cli.compare import compare
from cnn_tui.cli.completion import completion
from cnn_tui.cli.config import config
from cnn_tui.cli.data import data
from cnn_tui.cli.doctor import doctor
from cnn_tui.cli.evaluate import evaluate
from cnn_tui.cli.export import export
from cnn_tui.cli.fork import fork
from cnn_tui.cli.health import health
from cnn_tui.cli.import_ import import_
from cnn_tui.cli.inspect import inspect
from cnn_tui.cli.lr_find import lr_find
from cnn_tui.cli.options import (
    Marker,
    data_dir_option,
    marker_option,
    pictures_option,
    require_terminal,
    runs_dir_option,
)
from cnn_tui.cli.plot import plot
from cnn_tui.cli.predict import predict
from cnn_tui.cli.preflight import preflight
from cnn_tui.cli.presets import presets
from cnn_tui.cli.profile import profile
from cnn_tui.cli.prune import prune
from cnn_tui.cli.queue import queue
from cnn_tui.cli.race import race
from cnn_tui.cli.resume import resume
from cnn_tui.cli.runs import runs
from cnn_tui.cli.send import send
from cnn_tui.cli.serve import serve
from cnn_tui.cli.show import show
from cnn_tui.cli.submit import submit
from cnn_tui.cli.sweep import sweep
from cnn_tui.cli.train import train
from cnn_tui.cli.trash import trash
from cnn_tui.cli.tree import tree
from cnn_tui.cli.verify import verify
from cnn_tui.cli.work import work
from cnn_tui.errors import CnnTuiError, InputError
from cnn_tui.host.memory import keep_freed
from cnn_tui.host.viewing import VIEW_VARIABLE, look_only
from cnn_tui.preferences import preferences_path, read_preferences


class Commands(click.Group):
    """A group whose commands end an error of cnn-tui with one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs a command; exit code 2 for bad input, 1 for a failed run, 130 for ^C."""
        try:
            return super().invoke(ctx)
        except CnnTuiError as error:
            click.echo(f"cnn-tui: {_sentence(error)}", err=True)
            ctx.exit(2 if isinstance(error, InputError) else 1)
        except KeyboardInterrupt:
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the commands in the order they were added."""
        return list(self.commands)


def _sentence(error: CnnTuiError) -> str:
    remedy = error.remedy if isinstance(error, InputError) else None
    return f"{error}; {remedy}" if remedy else str(error)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="cnn-tui %(version)s")
@runs_dir_option
@data_dir_option
@marker_option
@pictures_option
@click.option(
    "--view",
    is_flag=True,
    envvar=VIEW_VARIABLE,
    help="Look, and change nothing: runs can be watched, not steered.",
)
@click.pass_context
def main(
    ctx: click.Context,
    runs_dir: Path,
    data_dir: Path | None,
    marker: Marker,
    pictures: str,
    view: bool,
) -> None:
    """Train convolutional networks from the terminal.

    Without a command, cnn-tui opens the dashboard: pick a model, start it, steer it.
    """
    if view:
        look_only()
    keep_freed()
    for problem in read_preferences(preferences_path()).problems:
        click.echo(f"cnn-tui: {problem}", err=True)
    if ctx.invoked_subcommand is not None:
        return
    require_terminal("cnn-tui train model-c")
    from cnn_tui.ui.launch import run_app

    code = run_app(
        runs_folder=runs_dir, data_dir=data_dir, marker=marker, pictures=pictures
    )
    ctx.exit(code)


COMMANDS = (
    train,
    resume,
    fork,
    race,
    submit,
    queue,
    sweep,
    work,
    attach,
    serve,
    send,
    verify,
    evaluate,
    lr_find,
    preflight,
    inspect,
    predict,
    runs,
    prune,
    trash,
    tree,
    presets,
    data,
    show,
    plot,
    compare,
    export,
    health,
    profile,
    import_,
    check,
    doctor,
    config,
    completion,
)
for command in COMMANDS:
    main.add_command(command)
