"""``cnn-tui runs``: lists them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.runs.catalog import RunSummary
    from cnn_tui.runs.columns import Column
    from cnn_tui.runs.known import Known
    from cnn_tui.runs.sheet import Sheet


@click.command(short_help="List the runs.")
@click.argument("query", nargs=-1, shell_complete=completing.columns)
@click.option(
    "--sort",
    metavar="COLUMN",
    default="started",
    show_default=True,
    shell_complete=completing.columns,
    help="Large numbers, new runs, or A to Z first; pinned runs before them.",
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option(
    "--columns",
    metavar="NAME,…",
    shell_complete=completing.columns,
    help="What is shown beside id and state.",
)
@runs_dir_option
@json_option
def runs(
    query: Sequence[str],
    sort: str,
    reverse: bool,
    columns: str | None,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """List the runs that QUERY describes; without one, all of them.

    \b
    lr>0.01 best>98% age<2d dataset=cifar10 state=finished 'note~"with flip"' words

    Operators are = != < <= > >= and ~ (a part of a text). Names are those of columns
    and of values in the config, whole or their unique last part.
    """
    from cnn_tui.runs.arrange import sorted_places
    from cnn_tui.text import printable

    chosen = [name for name in (columns or "").split(",") if name.strip()]
    sheet, (order, *shown) = select_runs(runs_dir, query, [sort, *chosen])
    places = sorted_places(sheet, order, is_reversed=reverse)
    found, known = [sheet.runs[place] for place in places], sheet.known
    if as_json:
        echo_json([_as_json(run, shown, known) for run in found])
        return
    if not found:
        which = " that are like that" if query else ""
        echo(f"no runs{which} in {printable(runs_dir)}{'' if query else ' yet'}")
    width = max((len(printable(run.id)) for run in found), default=0)
    if shown and found:
        titles = [
            f"{'id':{width}}",
            f"{'state':13}",
            *(c.cell(c.heading) for c in shown),
        ]
        echo("  ".join(titles).rstrip())
    for run in found:
        line = _cells(run, shown, known) if shown else _line(run)
        echo(f"{printable(run.id):{width}}  {line}")


def select_runs(
    folder: Path, query: Sequence[str], columns: Sequence[str] = ("started",)
) -> "tuple[Sheet, list[Column]]":
    """Returns the runs that a filter describes, by the first of the columns, and these.

    Raises:
        QueryError, UnknownColumnError: What was asked for means nothing.
        RunDirectoryError: The folder cannot be read.
    """
    from cnn_tui.runs.catalog import list_runs
    from cnn_tui.runs.columns import Column, UnknownColumnError, column_named
    from cnn_tui.runs.known import Known
    from cnn_tui.runs.query import Query, QueryError, parse_query
    from cnn_tui.runs.sheet import Sheet

    found, known = list_runs(folder), Known(folder)

    def meant() -> tuple[Query, list[Column]]:
        keys = known.keys()
        named = [column_named(name, keys) for name in columns]
        return parse_query(" ".join(query), keys), named

    try:
        parsed, named = meant()
    except (QueryError, UnknownColumnError):
        # The keys of other programs are known when their configs were read.
        known.refresh(found, {"config"})
        parsed, named = meant()
    known.refresh(found, {c.need for c in [*parsed.columns, *named] if c.need})
    places = parsed.places(Sheet(found, known))
    return Sheet([found[place] for place in places], known), named


def _as_json(
    run: "RunSummary", columns: "Sequence[Column]", known: "Known"
) -> dict[str, Any]:
    import msgspec

    status = {} if run.status is None else msgspec.to_builtins(run.status)
    return {
        **status,
        "id": run.id,
        "path": str(run.path),
        "shown_state": run.state,
        "problem": run.problem,
        "note": run.written.note,
        "tags": run.written.tags,
        "pinned": run.written.pinned,
        **{column.name: column.value(run, known) for column in columns},
    }


def _cells(run: "RunSummary", columns: "Sequence[Column]", known: "Known") -> str:
    from cnn_tui.runs import records
    from cnn_tui.runs.layout import GLYPHS

    now = records.now()
    cells = [column.cell(column.text(run, known, now)) for column in columns]
    state = f"{GLYPHS.get(run.state, '?')} {run.state}"
    return "  ".join([f"{state:13}", *cells]).rstrip()


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
    notes += [text.printable(f"#{tag}") for tag in run.written.tags]
    notes += [text.printable(run.written.note)] if run.written.note else []
    if run.state == "lost" and status.heartbeat:
        silence = text.age((now - status.heartbeat).total_seconds())
        notes.append(f"last sign {silence} on {text.printable(status.host)}")
    model = model_name(status)
    line = f"{glyph} {run.state:<11}  {model:<12}  {step:>13}  {best:>9}  {age:<14}"
    return f"{line}  {'; '.join(notes)}".rstrip()
