"""Which run went on from which: the lineage that configs tell, whatever they say."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.config.lineage import Lineage
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.io.safe_yaml import load
from cnn_tui.runs.config import read_config_text
from cnn_tui.runs.layout import is_run, run_names
from cnn_tui.text import printable

MAX_ANCESTORS = 100
_PART = re.compile(r"^lineage:\n(?: .*\n?)+", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Twig:
    """A run in its family, in the order of drawing."""

    run: str
    """Its id."""
    lineage: Lineage | None
    depth: int
    """How many forks lie above it in this family."""
    bars: str
    """What connects it to its parent: one of ``│ └├`` and a blank per level."""


def read_lineage(run: Path) -> Lineage | None:
    """Returns where a run was forked from; None where it was not, or says nonsense."""
    try:
        found = _PART.search(read_config_text(run))
        if found is None:
            return None
        part = load(found[0].encode(), "lineage").value["lineage"]
        return Lineage.model_validate(part)
    except (RunDirectoryError, ConfigError, ValueError):
        return None


def changes(lineage: Lineage) -> list[str]:
    """Returns what was changed, as ``lr=0.03``; the total of updates last."""
    order = sorted(lineage.changed.items(), key=lambda it: it[0] == "total_steps")
    return [setting_in_words(key, value) for key, value in order]


def setting_in_words(key: str, value: object) -> str:
    """Returns the end of a key and its value, in short."""
    number = f"{value:.4g}" if isinstance(value, float) else value
    return printable(f"{key.rpartition('.')[2]}={number}")[:60]


def ancestors(run: Path) -> list[tuple[Path, int]]:
    """Returns the runs that a run went on from, nearest first, each with the step.

    It ends where one is gone, and where it would come to one again.
    """
    found: list[tuple[Path, int]] = []
    seen = {run.name}
    while len(found) < MAX_ANCESTORS and (lineage := read_lineage(run)) is not None:
        run = run.parent / lineage.parent
        if run.name in seen or not is_run(run):
            break
        seen.add(run.name)
        found.append((run, lineage.step))
    return found


def families(folder: Path, of: str | None = None) -> list[list[Twig]]:
    """Returns the runs of a folder that were forked, or are forks, by family.

    ``of`` is the id of a run whose family alone is wanted, be it of one.

    Raises:
        RunDirectoryError: the folder cannot be read.
    """
    known = {name: read_lineage(folder / name) for name in run_names(folder)}
    forks: dict[str, list[str]] = defaultdict(list)
    for name, lineage in known.items():
        if lineage is not None:
            forks[lineage.parent].append(name)
    for parent in forks:
        forks[parent].sort(key=lambda name: (_step(known[name]), name))
    if of is not None:
        oldest = ([of, *(run.name for run, _ in ancestors(folder / of))])[-1]
        return [list(_family(oldest, known, forks, set()))]
    seen: set[str] = set()
    tops = [name for name in known if name in forks and _is_top(name, known)]
    orphans = [name for name, lineage in known.items() if lineage is not None]
    return [
        list(_family(name, known, forks, seen))
        for name in (*tops, *filter(lambda it: _is_top(it, known), orphans), *orphans)
        if name not in seen
    ]


def _family(
    top: str,
    known: dict[str, Lineage | None],
    forks: dict[str, list[str]],
    seen: set[str],
) -> Iterator[Twig]:
    """Yields a run and all that went on from it; none twice."""
    waiting = [(top, 0, "", "")]
    while waiting:
        name, depth, above, bars = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield Twig(run=name, lineage=known.get(name), depth=depth, bars=bars)
        below = [fork for fork in forks.get(name, ()) if fork not in seen]
        for place, fork in reversed(list(enumerate(below))):
            is_last = place == len(below) - 1
            own = above + ("└─ " if is_last else "├─ ")
            rest = above + ("   " if is_last else "│  ")
            deeper = depth + 1
            is_deep = deeper > MAX_ANCESTORS  # no line is longer than that
            waiting.append((fork, deeper, above if is_deep else rest, own))


def _is_top(name: str, known: dict[str, Lineage | None]) -> bool:
    lineage = known[name]
    return lineage is None or lineage.parent not in known


def _step(lineage: Lineage | None) -> int:
    return lineage.step if lineage else 0
