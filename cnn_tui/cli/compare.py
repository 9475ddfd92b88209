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
    from cnn_tui.runs.seeds import SeedGroup


@click.command(short_help="Tell what runs differ in, and which did best.")
@click.argument(
    "runs",
    nargs=-1,
    metavar="RUN_OR_PRESET…",
    shell_complete=completing.presets_and_runs,
)
@runs_dir_option
@json_option
def compare(runs: tuple[str, ...], runs_dir: Path, as_json: bool) -> None:
    """Compare 2 to 12 runs: config, environment and results, where they differ.

    The best of a row is marked. Curves in one chart: cnn-tui plot RUN RUN….

    RUN may be a preset, or the name of runs: its newest finished one. Where some were
    trained with several seeds, all finished runs of the same config are taken, and it
    is said whether one config is better than the other, or how many seeds would tell.
    """
    from cnn_tui.runs.comparison import differences, read_facts, status_of
    from cnn_tui.runs.seeds import groups_with_seeds, in_words

    paths = find_runs(runs, runs_dir, least=2)
    facts = list(map(read_facts, paths))
    rows = differences(facts, list(map(status_of, paths)))
    groups = groups_with_seeds(facts)
    if as_json:
        names = [path.name for path in paths]
        found = {"runs": names, "differences": [_as_json(row) for row in rows]}
        echo_json({**found, **_seeds_as_json(groups)})
        return
    is_ascii = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    table = _table(rows, len(paths), "*" if is_ascii else "●")
    for line in (*legend(paths), *table, *([""] if groups else []), *in_words(groups)):
        echo(line)


def find_runs(texts: Sequence[str], runs_dir: Path, least: int) -> list[Path]:
    """Returns the directories of runs; raises InputError for too few or too many."""
    from cnn_tui.errors import InputError
    from cnn_tui.runs.comparison import MAX_RUNS

    paths = list(dict.fromkeys(_find_run(text, runs_dir) for text in texts))
    if not least <= len(paths) <= MAX_RUNS:
        raise InputError(f"name {least} to {MAX_RUNS} different runs, not {len(paths)}")
    return paths


def _find_run(text: str, runs_dir: Path) -> Path:
    """Returns the run that is meant, by its preset or its name, too."""
    from cnn_tui.errors import RunDirectoryError
    from cnn_tui.runs.layout import find_run
    from cnn_tui.runs.seeds import newest_finished

    try:
        return find_run(text, runs_dir)
    except RunDirectoryError:
        newest = newest_finished(text, runs_dir)
        if newest is None:
            raise
        return newest


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


def _seeds_as_json(groups: "Sequence[SeedGroup]") -> dict[str, object]:
    from dataclasses import asdict

    from cnn_tui.runs.better import against_best
    from cnn_tui.runs.seeds import sentence

    found = against_best([group.accuracies for group in groups])
    return {
        "seeds": [asdict(group) for group in groups],
        "answers": [
            {
                "a": groups[a].name,
                "b": groups[b].name,
                "answer": sentence(one, groups[a].name, groups[b].name),
                "is_settled": one is not None and one.is_settled,
                "difference": asdict(one) if one else None,
            }
            for a, b, one in found
        ],
    }
