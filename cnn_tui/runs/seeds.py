"""Runs that repeat each other with other seeds, and which group of them is better."""

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from cnn_tui.runs.better import MOST_SEEDS, Accuracies, Difference, against_best
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.comparison import LETTERS, RunFacts
from cnn_tui.runs.config_values import ConfigValues, all_but_seed
from cnn_tui.runs.known import Known
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.text import count, percent

MEASURE = "Seeds: test accuracy at the end, mean ± standard deviation"
"""What is compared: a best one of many evaluations favours whoever has more of them."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedGroup:
    """All finished runs of one config, whatever their seed."""

    letters: str
    """Of those among the compared runs that belong to it."""
    accuracies: Accuracies
    """On the test set, at the end, 0…1, by seed."""

    @property
    def name(self) -> str:
        """What it is called in a sentence: the first of its letters."""
        return self.letters[0]

    @property
    def in_words(self) -> str:
        """The mean, the standard deviation where there are two, and of how many."""
        values = list(self.accuracies.values())
        if not values:
            return "no finished run that was trained by its config alone"
        spread = f" ± {percent(stdev(values))}" if len(values) > 1 else ""
        seeds = "1 seed" if len(values) == 1 else f"{count(len(values))} seeds"
        return f"{percent(mean(values))}{spread}, {seeds}"


def groups_with_seeds(runs: Sequence[RunFacts]) -> list[SeedGroup]:
    """Returns the groups that runs belong to; none where each has one seed at most.

    Raises:
        RunDirectoryError: a folder of them cannot be read.
    """
    groups = groups_of(runs)
    return groups if any(len(group.accuracies) > 1 for group in groups) else []


def groups_of(runs: Sequence[RunFacts]) -> list[SeedGroup]:
    """Returns the groups that runs belong to, with all that is in their folders.

    Raises:
        RunDirectoryError: a folder of them cannot be read.
    """
    places: dict[Hashable, list[int]] = {}
    for place, run in enumerate(runs):
        if run.seed_group is not None:
            places.setdefault(run.seed_group, []).append(place)
    found = _accuracies(dict.fromkeys(run.run.parent for run in runs))
    return [
        SeedGroup(
            letters=" ".join(LETTERS[place] for place in members),
            accuracies=found.get(key, {}),
        )
        for key, members in places.items()
    ]


def newest_finished(name: str, folder: Path) -> Path | None:
    """Returns the newest finished run of that name, else of that preset, if any.

    Raises:
        RunDirectoryError: the folder cannot be read.
    """
    runs = [run for run in list_runs(folder) if run.state == State.FINISHED]
    named = [run for run in runs if run.status and run.status.name == name]
    of_preset = [run for run in runs if run.status and run.status.preset == name]
    return next((run.path for run in (*named, *of_preset)), None)


def in_words(groups: Sequence[SeedGroup]) -> Iterator[str]:
    """Yields what came of each group, and whether the best one is better."""
    if groups:
        yield MEASURE
    for group in groups:
        yield f"{group.letters}  {group.in_words}"
    found = against_best([group.accuracies for group in groups])
    for a, b, one in found:
        yield sentence(one, groups[a].name, groups[b].name)
    if sum(one is not None for _, _, one in found) > 1:
        yield "each is held to more than 95 %, so that all hold together (Holm)"


def sentence(found: Difference | None, a: str, b: str) -> str:
    """Returns in words whether B is better than A."""
    if found is None:
        return f"{a} and {b}: one seed tells nothing of the spread"
    low, high, seeds = found.low, found.high, _seeds_of(found)
    if found.mean < 0:
        a, b, low, high = b, a, -high, -low
    by = f"by {_points(abs(found.mean))} points"
    if not found.has_spread and abs(found.mean) < _ROUNDING:
        return f"{a} and {b} came out the same with {seeds}"
    if not found.has_spread:
        return f"{b} is ahead of {a} {by} with {seeds}, which do not differ in that"
    interval = f"{100 * found.confidence:.4g} % by {found.method}: "
    interval += f"{_points(low)} … {_points(high)}"
    if found.is_settled:
        return f"{b} is better than {a} {by} ({interval}; {seeds})"
    if found.needed is not None:
        return (
            f"{seeds} do not settle it: {b} is ahead of {a} {by} ({interval}); "
            f"about {found.needed} would"
        )
    within = f"{_points(max(-low, high))} points"
    return (
        f"{a} and {b} are the same within {within} ({interval}; {seeds}): "
        f"to tell them apart would take more than {MOST_SEEDS}"
    )


def _seeds_of(found: Difference) -> str:
    *others, last = map(count, found.seeds)
    return f"{others[0]} and {last} seeds" if others else f"{last} seeds in pairs"


def _points(difference: float) -> str:
    """Returns a difference of accuracies in percentage points: "−0.04"."""
    return f"{100 * difference:.2f}".replace("-", "−")


def _accuracies(folders: Iterable[Path]) -> dict[Hashable, dict[Hashable, float]]:
    """Returns for each config but the seed what came of it, by seed.

    Of two runs with one seed the newer one counts: both are the same training.
    """
    found: dict[Hashable, dict[Hashable, float]] = {}
    for folder in folders:
        known, runs = Known(folder), list_runs(folder)
        known.refresh([run for run in runs if run.state == State.FINISHED], ["config"])
        for run in runs:
            config = known.config(run)
            if run.status and config.keys and _is_trained_by(config, run.status):
                group = found.setdefault(all_but_seed(config), {})
                accuracy = run.status.test_accuracy
                if accuracy is not None and math.isfinite(accuracy):
                    group.setdefault(config.value("training.seed"), accuracy)
    return found


def _is_trained_by(config: ConfigValues, status: Status) -> bool:
    """Whether a run is what its config says: no fork, nothing changed or added live."""
    return (
        status.state is State.FINISHED
        and not status.overrides
        and config.value("lineage.parent") is None
        and config.value("training.iterations") in (None, status.total_steps)
    )
