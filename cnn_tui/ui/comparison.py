"""Several runs, followed together: their rows as curves, and what they differ in."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.comparison import (
    LETTERS,
    Difference,
    Over,
    differences,
    read_facts,
    seed_groups,
)
from cnn_tui.runs.past_rows import past_of
from cnn_tui.runs.seeds import groups_with_seeds, in_words
from cnn_tui.runs.series import Metric
from cnn_tui.ui.bands import Spread, band_of
from cnn_tui.ui.charts import Band, ChartData, Curve, CurveRole
from cnn_tui.ui.curves import X_KINDS, RunCurves, XMode
from cnn_tui.ui.run_view import RunView

Series = Literal["train", "val", "test"]
SERIES: tuple[Series, ...] = get_args(Series)
ROLES: tuple[CurveRole, ...] = get_args(CurveRole)
ONE_SEED = (
    "one seed of each: whether one is better, and not its seed, several seeds tell, "
    "such as of cnn-tui train … --seeds 5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How runs are drawn."""

    over: Over = "step"
    spread: Spread = "off"


class Compared:
    """Follows runs; what is wrong with one of them raises nothing."""

    def __init__(self, runs: Sequence[Path]) -> None:
        """Reads what does not change, and no rows yet."""
        self.views = [RunView(run) for run in runs]
        self.facts = [read_facts(run) for run in runs]
        self.letters = tuple(LETTERS[: len(runs)])
        self.groups = seed_groups(self.facts)
        self._curves = [
            RunCurves(view.reader, past=past_of(view.path)) for view in self.views
        ]
        self._turn = 0

    @property
    def version(self) -> tuple[object, ...]:
        """Another one whenever something is new."""
        each = ((view.reader.version, view.status, view.state) for view in self.views)
        return (*each, self.is_complete)

    @property
    def is_complete(self) -> bool:
        """Whether all rows that are there can be drawn."""
        return all(view.reader.complete for view in self.views) and all(
            curves.is_complete for curves in self._curves
        )

    def follow(self, factor: float, budget_seconds: float) -> None:
        """Reads on for about so long, each run in its turn, and averages."""
        deadline = time.monotonic() + budget_seconds
        count = len(self.views)
        self._turn = (self._turn + 1) % count
        for place in (*range(self._turn, count), *range(self._turn)):
            rest = deadline - time.monotonic()
            if rest > 0:
                self.views[place].poll(rest)
            self._curves[place].follow(factor, deadline)

    @property
    def names(self) -> list[str]:
        """What the runs are called: their ids where others have the same name."""
        names = [view.status.name if view.status else "" for view in self.views]
        pairs = zip(names, self.views, strict=True)
        return [
            name if name and names.count(name) == 1 else view.path.name
            for name, view in pairs
        ]

    @property
    def without_images(self) -> list[str]:
        """The letters of runs of which it is not known how many images they saw."""
        pairs = zip(self.letters, self.facts, strict=True)
        return [letter for letter, facts in pairs if facts.images_per_epoch is None]

    def differences(self) -> list[Difference]:
        """Returns what the runs differ in now."""
        return differences(self.facts, [view.status for view in self.views])

    def seeds(self) -> list[str]:
        """Returns what all finished seeds of the runs say; it reads their folders."""
        try:
            return [*in_words(groups_with_seeds(self.facts))] or [ONE_SEED]
        except RunDirectoryError as error:
            return [str(error)]

    def curve(self, place: int, metric: Metric, series: Series, over: Over) -> Curve:
        """Returns a curve of a run; it is empty where there is nothing to draw."""
        factor = 1.0 if over != "images" else self.facts[place].images_per_epoch
        x_mode: XMode = "epoch" if over == "images" else over
        found = Curve(series, (), ())  # type: ignore[arg-type]
        for curve in self._curves[place].curves(metric, x_mode):
            if curve.series == series and factor is not None:
                found = curve if factor == 1 else replace(curve, x=curve.x * factor)
        return replace(
            found,
            series=self.names[place],
            style="line",
            role=ROLES[place % len(ROLES)],
            letter=self.letters[place],
            is_dashed=place >= len(ROLES),
        )

    def chart(self, metric: Metric, series: Series, shown: Shown) -> ChartData:
        """Returns one curve for each run, or for each group of seeds."""
        curves = [
            self.curve(place, metric, series, shown.over)
            for place in range(len(self.views))
        ]
        bands: list[Band] = []
        if shown.spread != "off":
            curves, bands = self._grouped(curves, shown.spread)
        return ChartData(
            curves=tuple(curves),
            bands=tuple(bands),
            x_label=shown.over,
            x_kind="count" if shown.over == "images" else X_KINDS[shown.over],
            y_kind="percent" if metric == "accuracy" else "number",
        )

    def _grouped(
        self, curves: Sequence[Curve], spread: Spread
    ) -> tuple[list[Curve], list[Band]]:
        """Returns the mean of each group in the place of its runs, and the bands."""
        shown = dict(enumerate(curves))
        bands = []
        for group in self.groups:
            made = band_of([curves[place] for place in group], spread)
            if made is None:
                continue
            letters = " ".join(curves[place].letter for place in group)
            for place in group[1:]:
                del shown[place]
            shown[group[0]] = replace(made[0], series=f"mean of {letters}")
            bands.append(made[1])
        return list(shown.values()), bands
