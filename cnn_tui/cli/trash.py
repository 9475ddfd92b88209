"""``cnn-tui trash``: what was deleted from the list of runs."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from cnn_tui.cli.options import agreed, echo, runs_dir_option, yes_option


def _names(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from cnn_tui.runs.layout import runs_folder
    from cnn_tui.runs.trash import thrown_away

    given = ctx.params.get("runs_dir")
    names = thrown_away(runs_folder(Path(given) if given else None))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.command(short_help="List, restore, or remove for good what was deleted.")
@click.option("--list", "_as_list", is_flag=True, help="List it; the default.")
@click.option(
    "--restore",
    metavar="ID",
    shell_complete=_names,
    help="Put a run back to the others.",
)
@click.option("--empty", "is_to_empty", is_flag=True, help="Remove it for good.")
@yes_option
@runs_dir_option
def trash(
    _as_list: bool, restore: str | None, is_to_empty: bool, yes: bool, runs_dir: Path
) -> None:
    """List the runs that were deleted, put one back, or remove them for good."""
    from cnn_tui.runs import trash
    from cnn_tui.runs.disk_use import disk_bytes, freed_bytes
    from cnn_tui.runs.layout import TRASH
    from cnn_tui.text import mebibytes, printable

    if restore is not None:
        echo(f"restored {printable(trash.restore(runs_dir, restore))}")
        return
    folder, names = runs_dir / TRASH, trash.thrown_away(runs_dir)
    if not names:
        echo(f"the trash of {printable(runs_dir)} is empty")
    elif is_to_empty:
        freed = freed_bytes([folder / name for name in names])
        what = f"{len(names):,} deleted run{'s' if len(names) > 1 else ''}"
        if agreed(f"remove {what} for good, {freed:,} bytes", yes=yes):
            trash.empty(runs_dir)
            echo(f"removed {what}: {freed:,} bytes are free again")
    else:
        for name in names:
            echo(f"{printable(name)}  {mebibytes(disk_bytes(folder / name))}")
