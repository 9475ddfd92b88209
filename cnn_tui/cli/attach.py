"""``cnn-tui attach``: opens the dashboard on a run, wherever it trains."""

import shlex
from pathlib import Path

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    Marker,
    data_dir_option,
    marker_option,
    pictures_option,
    require_terminal,
    runs_dir_option,
)


@click.command(short_help="Open the dashboard on a run.")
@click.argument("run", required=False, shell_complete=completing.runs)
@runs_dir_option
@data_dir_option
@marker_option
@pictures_option
@click.pass_context
def attach(
    ctx: click.Context,
    run: str | None,
    runs_dir: Path,
    data_dir: Path | None,
    marker: Marker,
    pictures: str,
) -> None:
    """Watch and steer RUN, by default the newest live one.

    It does not matter which login started it, or whether it trains in a dashboard, in
    the background, or on another host that shares the folder.
    """
    from cnn_tui.text import printable

    folder = printable(shlex.quote(str(runs_dir)))
    require_terminal(f"cnn-tui runs --runs-dir {folder}")
    from cnn_tui.runs.layout import find_run
    from cnn_tui.ui.launch import run_app

    path = find_run(run, runs_dir) if run else _newest_live(runs_dir)
    code = run_app(
        runs_folder=runs_dir,
        data_dir=data_dir,
        marker=marker,
        pictures=pictures,
        open_run=path,
    )
    ctx.exit(code)


def _newest_live(runs_dir: Path) -> Path:
    from cnn_tui.errors import RunDirectoryError
    from cnn_tui.runs.catalog import list_runs
    from cnn_tui.runs.layout import LIVE
    from cnn_tui.text import printable

    for run in list_runs(runs_dir):
        if run.state in LIVE:
            return run.path
    raise RunDirectoryError(
        f"no run is live in {printable(runs_dir)}; name one to look at its past"
    )
