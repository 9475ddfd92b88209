"""``cnn-tui runs``: lists them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.runs.catalog import RunSummary


@click.command(short_help="List the runs.")
@runs_dir_option
@json_option
def runs(runs_dir: Path, as_json: bool) -> None:
    """List the runs, newest first: id, state, preset, step, best accuracy, age."""
    from cnn_tui.runs.catalog import list_runs
    from cnn_tui.text import printable

    found = list_runs(runs_dir)
    if as_json:
        echo_json([_as_json(run) for run in found])
        return
    if not found:
        echo(f"no runs in {printable(runs_dir)} yet")
    width = max((len(printable(run.id)) for run in found), default=0)
    for run in found:
        echo(f"{printable(run.id):{width}}  {_line(run)}")


def _as_json(run: "RunSummary") -> dict[str, Any]:
    import msgspec

    status = {} if run.status is None else msgspec.to_builtins(run.status)
    return {
        **status,
        "id": run.id,
        "path": str(run.path),
        "shown_state": run.state,
        "problem": run.problem,
    }


def _line(run: "RunSummary") -> str:
    from cnn_tui import text
    from cnn_tui.runs import records
    from cnn_tui.runs.layout import GLYPHS
    from cnn_tui.runs.status import model_name

    status = run.status
    if status is None:
        return f"✗ {run.state:<11}  {text.printable(run.problem)}"
    glyph = GLYPHS.get(run.state, "?")
    best = text.percent(status.best.accuracy if status.best else None)
    step = f"{status.step:,}/{status.total_steps:,}"
    now = records.now()
    age = text.age((now - status.started_at).total_seconds())
    notes = [text.printable(status.reason)] if status.reason else []
    if run.state == "lost" and status.heartbeat:
        silence = text.age((now - status.heartbeat).total_seconds())
        notes.append(f"last sign {silence} on {text.printable(status.host)}")
    model = model_name(status)
    line = f"{glyph} {run.state:<11}  {model:<12}  {step:>13}  {best:>9}  {age:<14}"
    return f"{line}  {'; '.join(notes)}".rstrip()
