"""Options that several commands share."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import click

from cnn_tui.cli import completing
from cnn_tui.errors import InputError
from cnn_tui.pictures.depth import CHOICES
from cnn_tui.preferences import ENVIRONMENT, preferences

if TYPE_CHECKING:
    from cnn_tui.look.messages import Moment

F = TypeVar("F", bound=Callable[..., Any])
Marker = Literal["auto", "braille", "dot", "ascii"]
MARKERS: tuple[Marker, ...] = get_args(Marker)


def _given(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Returns the value of an option, which may stand before the command as well."""
    if value is None and ctx.parent is not None and parameter.name is not None:
        return ctx.parent.params.get(parameter.name)
    return value


def _wanted(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Returns what was given, or what the file of preferences says."""
    given, name = _given(ctx, parameter, value), str(parameter.name)
    if given is not None or os.environ.get(ENVIRONMENT.get(name, "")):
        return given
    preferred = getattr(preferences(), name)
    return Path(preferred) if preferred and name in ENVIRONMENT else preferred


def _runs_folder(ctx: click.Context, parameter: click.Parameter, value: Any) -> Path:
    from cnn_tui.runs.layout import runs_folder

    return runs_folder(_wanted(ctx, parameter, value))


runs_dir_option = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    callback=_runs_folder,
    help="The folder of the runs.  [default: $CNN_TUI_RUNS or ./runs]",
)
data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    callback=_wanted,
    help="The folder of the data sets, as torchvision lays it out.  "
    "[default: $CNN_TUI_DATA or the user's data folder]",
)
marker_option = click.option(
    "--marker",
    type=click.Choice(MARKERS),
    callback=_wanted,
    help="What curves are drawn with; auto, the default, avoids braille where it "
    "cannot be shown.",
)
pictures_option = click.option(
    "--pictures",
    type=click.Choice(CHOICES),
    callback=_wanted,
    help="What pictures are drawn with; auto, the default, is what the terminal says.",
)
checkpoint_option = click.option(
    "--checkpoint",
    metavar="best|newest|STEP",
    help="Whose weights.  [default: best, where there is one]",
)
look_device_option = click.option(
    "--device",
    default="cpu",
    show_default=True,
    help="Where that is computed: cpu, mps, cuda, cuda:N, or auto.",
)
iterations_option = click.option(
    "--iterations",
    metavar="N|+N",
    help="The new total, or how many more: --iterations +3000.",
)
pause_at_option = click.option(
    "--pause-at",
    type=click.IntRange(min=0, max=10**9),
    metavar="N",
    help="Pause after update N of the run; 0 is before the first one.",
)


def settings_option(sentence: str) -> Callable[[F], F]:
    """Returns the option that changes values, as often as it is given."""
    return click.option(
        "--set",
        "settings",
        metavar="KEY=VALUE",
        multiple=True,
        shell_complete=completing.settings,
        help=sentence,
    )


def dataset_option(sentence: str) -> Callable[[F], F]:
    """Returns the option that takes other images."""
    return click.option(
        "--dataset",
        metavar="NAME_OR_PATH",
        shell_complete=completing.datasets,
        help=sentence,
    )


OTHER_IMAGES = "Other images: a set's name, a folder of pictures, an npz file."
devices_option = click.option(
    "--devices",
    metavar="4|cuda:0,cuda:2|cpu:2",
    help="Train on several devices, in a process for each: 4 GPUs, these, or 2 "
    "processes on the CPU.",
)
device_option = click.option("--device", help="auto, cpu, mps, cuda or cuda:N.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for scripts."
)


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def agreed(what: str, *, yes: bool) -> bool:
    """Asks whether to do something; without a terminal to ask on, it must be said.

    Raises:
        InputError: if there is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise InputError(f"there is no terminal to ask on: give --yes to {what}")
    return click.confirm(what[0].upper() + what[1:] + "?")


def moment_of(checkpoint: str | None) -> "Moment | None":
    """Returns the moment that ``--checkpoint`` means.

    Raises:
        InputError: if it means none.
    """
    words: dict[str, Moment] = {"best": "best", "newest": "newest"}
    if checkpoint is None or checkpoint in words:
        return words.get(checkpoint or "")
    if not (checkpoint.isdecimal() and len(checkpoint) <= 12):
        raise InputError("--checkpoint must be best, newest, or an update's number")
    return int(checkpoint)


def iterations_of(text: str | None) -> tuple[int | None, int]:
    """Returns the new total, or how many are added to it, that ``--iterations`` means.

    Raises:
        InputError: if it is no number.
    """
    from cnn_tui.text import printable

    if text is None:
        return None, 0
    if not re.fullmatch(r"\+?[0-9]{1,12}", text):
        raise InputError(
            f"--iterations {printable(text[:40])}: must be a number, or + and a number"
        )
    number = int(text)
    return (None, number) if text.startswith("+") else (number, 0)


def echo_json(value: object) -> None:
    """Prints a value as indented JSON; text is escaped, so nothing is interpreted."""
    import json

    click.echo(json.dumps(value, indent=2, default=str))


def echo(text: str = "") -> None:
    """Prints a line; what the output's encoding lacks is replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding))


def require_terminal(instead: str) -> None:
    """Raises InputError where there is no terminal, naming what to do instead.

    A page of `cnn-tui serve` is one: Textual's driver for it is named then.
    """
    if not (
        os.environ.get("TEXTUAL_DRIVER") or (sys.stdin.isatty() and sys.stdout.isatty())
    ):
        raise InputError(
            "there is no terminal to open the dashboard on; run a command instead, "
            f"such as `{instead}` (see cnn-tui --help)"
        )
