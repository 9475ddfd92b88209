"""``cnn-tui export``: a run for other programs and other people."""

from pathlib import Path

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    checkpoint_option,
    data_dir_option,
    echo,
    echo_json,
    json_option,
    moment_of,
    runs_dir_option,
)
from cnn_tui.export.formats import FORMATS

_TABLE = "\n".join(f"  {name:<12} {kind.words}" for name, kind in FORMATS.items())


@click.command(
    short_help="Write a run for other programs and people: ONNX, CSV, HTML, …",
    epilog=f"\b\n{_TABLE}",
)
@click.argument("run", shell_complete=completing.runs)
@click.option(
    "--to", "kind", type=click.Choice(list(FORMATS)), required=True, help="The format."
)
@checkpoint_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Where to.  [default: a file in this folder, by the run's id]",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@runs_dir_option
@data_dir_option
@json_option
def export(
    run: str,
    kind: str,
    checkpoint: str | None,
    output: Path | None,
    force: bool,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Write RUN, which may be training, into one file. The run stays as it is.

    Networks take pictures as they are stored (uint8 N×C×H×W) and give scores and
    probabilities, in float32; each is compared with torch before it is called done.
    Rows leave out what was gone back on.
    """
    from cnn_tui.cli.progress import tell_loading
    from cnn_tui.engine.export.exporting import Export
    from cnn_tui.engine.export.exporting import export as write
    from cnn_tui.runs.layout import find_run
    from cnn_tui.text import printable

    asked = Export(
        run=find_run(run, runs_dir),
        format=kind,
        output=output,
        moment=moment_of(checkpoint),
        data_dir=data_dir,
        overwrite=force,
    )
    done = write(asked, tell_loading)
    tell_loading("")
    if as_json:
        echo_json({"path": done.path, "bytes": done.size_bytes, "note": done.note})
        return
    echo(f"{printable(done.path)}, {done.size_bytes:,} bytes")
    if done.note:
        echo(done.note)
