"""``cnn-tui check``: validates presets."""

from pathlib import Path

import click

from cnn_tui.cli.options import echo


@click.command(short_help="Validate presets.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Validate preset FILES: exit code 0 if all are fine, else 2.

    Every problem is named with its file, line, key, and what is allowed.
    """
    from cnn_tui.text import printable

    damaged = 0
    for path in files:
        problems = _problems(path)
        damaged += bool(problems)
        for problem in problems or [f"{printable(path)}: ok"]:
            echo(problem)
    ctx.exit(2 if damaged else 0)


def _problems(path: Path) -> list[str]:
    from cnn_tui.config import InvalidConfigError
    from cnn_tui.errors import ConfigError
    from cnn_tui.presets.files import PresetFile
    from cnn_tui.presets.read import read_preset

    try:
        read_preset(PresetFile(path=path, builtin=False))
    except InvalidConfigError as error:
        return error.lines
    except ConfigError as error:
        return [str(error)]
    return []
