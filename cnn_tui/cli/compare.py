"""``cnn-tui compare``: what runs differ in, and which of them did best."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.runs.comparison import Difference


@click.command(short_help="Tell what runs differ in, and which did best.")
@click.argument("runs", nargs=-1, metavar="RUN…", shell_complete=completing.runs)
@runs_dir_option
@json_option
def compare(runs: tuple[str, ...], runs_dir: Path, as_json: bool) -> None:
    """Compare 2 to 12 runs: config, environment and results, where they differ.

    The best of a row is marked. Curves in one chart: cnn-tui plot RUN RUN….
    """
    from cnn_tui.runs.comparison import differences, read_facts, status_of

    paths = find_runs(runs, runs_dir, least=2)
    rows = differences(list(map(read_facts, paths)), list(map(status_of, paths)))
    if as_json:
        names = [path.name for path in paths]
        echo_json({"runs": names, "differences": [_as_json(row) for row in rows]})
        return
    is_ascii = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    for line in (*legend(paths), *_table(rows, len(paths), "*" if is_ascii else "●")):
        echo(line)


def find_runs(texts: Sequence[str], runs_dir: Path, least: int) -> list[Path]:
    """Returns the directories of runs; raises InputError for too few or too many."""
    from cnn_tui.errors import InputError
    from cnn_tui.runs.comparison import MAX_RUNS
    from cnn_tui.runs.layout import find_run

    paths = list(dict.fromkeys(find_run(text, runs_dir) for text in texts))
    if not least <= len(paths) <= MAX_RUNS:
        raise InputError(f"name {least} to {MAX_RUNS} different runs, not {len(paths)}")
    return paths


def legend(paths: Sequence[Path]) -> Iterator[str]:
    """Yields which letter is which run."""
    from cnn_tui.runs.comparison import LETTERS
    from cnn_tui.text import printable

    for letter, path in zip(LETTERS, paths, strict=False):
        yield f"{letter}  {printable(path.name)}"


def _table(rows: "Sequence[Difference]", runs: int, best: str) -> Iterator[str]:
    from cnn_tui.runs.comparison import LETTERS

    if not rows:
        yield "no differences"
        return
    cells = [
        [
            f"{text}{best if place in row.best else ' '}"
            for place, text in enumerate(texts)
        ]
        for row, texts in ((row, row.texts) for row in rows)
    ]
    widths = [max(len(line[place]) for line in cells) for place in range(runs)]
    key_width = max(len(row.name) for row in rows)
    heads = [f"{letter} ".rjust(w) for letter, w in zip(LETTERS, widths, strict=False)]
    part = ""
    for row, line in zip(rows, cells, strict=True):
        if row.part != part:
            part = row.part
            yield ""
            yield f"{part:<{key_width}}  {'  '.join(heads)}".rstrip()
        shown = [cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
        yield f"{row.name:<{key_width}}  {'  '.join(shown)}".rstrip()


def _as_json(row: "Difference") -> dict[str, object]:
    return {
        "part": row.part,
        "key": row.key,
        "values": row.values,
        "best": sorted(row.best),
    }
