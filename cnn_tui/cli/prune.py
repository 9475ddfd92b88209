"""``cnn-tui prune``: removes what can be made again, or is there twice."""

from collections.abc import Sequence
from pathlib import Path

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import agreed, echo, runs_dir_option, yes_option


@click.command(short_help="Remove what can be made again, and say how many bytes.")
@click.argument("query", nargs=-1, shell_complete=completing.columns)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@yes_option
@runs_dir_option
def prune(query: Sequence[str], dry_run: bool, yes: bool, runs_dir: Path) -> None:
    """Remove from the runs that QUERY describes what can be made again.

    That is history/ but its first checkpoint, from which any update is made again, bit
    for bit, and previous.pt, where last.pt was read whole. The weights of today stay,
    kept checkpoints, the best one, rows, events and evaluations; and all of a run that
    is live, or whose past cannot be repeated exactly.
    """
    from cnn_tui.cli.runs import select_runs
    from cnn_tui.errors import RunDirectoryError
    from cnn_tui.runs.disk_use import freed_bytes
    from cnn_tui.runs.layout import ENDED
    from cnn_tui.runs.prune import prunable
    from cnn_tui.runs.prune import prune as prune_run
    from cnn_tui.text import printable

    sheet, _ = select_runs(runs_dir, query)
    ended = [run for run in sheet.runs if run.state in ENDED]
    sizes = {run.path: freed_bytes(prunable(run.path)) for run in ended}
    sizes = {path: size for path, size in sizes.items() if size}
    for path, size in sizes.items():
        echo(f"{printable(path.name)}  {size:,} bytes")
    total = sum(sizes.values())
    if not sizes:
        echo("there is nothing to remove")
    elif dry_run:
        echo(f"{total:,} bytes would be free again")
    elif agreed(f"remove {total:,} bytes from {len(sizes):,} runs", yes=yes):
        for path, size in sizes.items():
            try:
                prune_run(path)
            except RunDirectoryError as error:  # somebody went on with it meanwhile
                total -= size
                echo(f"left as it is: {error}")
        echo(f"{total:,} bytes are free again")
