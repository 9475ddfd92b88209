"""``cnn-tui tree``: which run was forked from which."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.config.lineage import Lineage
    from cnn_tui.runs.lineage import Twig
    from cnn_tui.runs.records import Status


_MOST_CHANGES = 8


@click.command(short_help="Draw which run was forked from which.")
@click.argument("run", required=False, shell_complete=completing.runs)
@runs_dir_option
@json_option
def tree(run: str | None, runs_dir: Path, as_json: bool) -> None:
    """Draw the lineage of RUN, or of all that were forked: steps, changes, best."""
    from cnn_tui.runs.layout import find_run
    from cnn_tui.runs.lineage import families
    from cnn_tui.text import printable

    path = None if run is None else find_run(run, runs_dir)
    folder = runs_dir if path is None else path.parent
    found = families(folder, path.name if path else None)
    twigs = [twig for family in found for twig in family]
    if as_json:
        echo_json([_as_json(twig, folder) for twig in twigs])
    elif not twigs:
        echo(f"no run in {printable(folder)} was forked; cnn-tui fork RUN does that")
    for twig in () if as_json else twigs:
        status = _status(folder / twig.run)
        echo(f"{twig.bars}{printable(twig.run)}  {'  '.join(_facts(twig, status))}")


def _facts(twig: "Twig", status: "Status | None") -> Iterator[str]:
    from cnn_tui.runs.layout import GLYPHS
    from cnn_tui.text import percent, printable

    if twig.lineage is not None:
        yield _origin(twig.lineage, is_known=twig.depth > 0)
    if status is None:
        yield "unreadable"
        return
    glyph = GLYPHS.get(status.state, "?")
    yield f"{glyph} {printable(status.state)} {status.step:,}/{status.total_steps:,}"
    if status.best is not None:
        yield f"best {percent(status.best.accuracy)} at {status.best.step:,}"


def _origin(lineage: "Lineage", *, is_known: bool) -> str:
    from cnn_tui.runs.lineage import changes
    from cnn_tui.text import printable

    changed = ", ".join(changes(lineage)[:_MOST_CHANGES])
    parent = "" if is_known else f"{printable(lineage.parent)}@"
    return f"from {parent}{lineage.step:,}: {changed or 'nothing changed'}"


def _as_json(twig: "Twig", folder: Path) -> dict[str, Any]:
    import msgspec

    status, lineage = _status(folder / twig.run), twig.lineage
    return {
        "id": twig.run,
        "lineage": lineage and lineage.model_dump(mode="json"),
        "depth": twig.depth,
        "state": status and status.state,
        "step": status and status.step,
        "total_steps": status and status.total_steps,
        "best": status and msgspec.to_builtins(status.best),
    }


def _status(run: Path) -> "Status | None":
    from cnn_tui.errors import RunDirectoryError
    from cnn_tui.runs.status import read_status

    try:
        return read_status(run)
    except RunDirectoryError:
        return None
