"""The runs of a race as they come: one curve each, and how each is doing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.layout import CONFIG, run_names
from cnn_tui.runs.lineage import read_lineage
from cnn_tui.runs.race import Lane, lane_of
from cnn_tui.runs.reader import RunReader
from cnn_tui.ui.charts import ChartData, CurveRole, Limits
from cnn_tui.ui.curves import RunCurves

UNCHANGED = "unchanged"
_SMOOTHING = 0.9
_ROLES: tuple[CurveRole, ...] = get_args(CurveRole)


class Lanes:
    """Finds the runs of one group in a folder, and follows them."""

    def __init__(self, parent: Path, group: str) -> None:
        """Has found none yet; all are made after this."""
        self._folder = parent.parent
        self._group = group
        self._seen = set(self._names())
        self._readers: list[RunReader] = []
        self._curves: list[RunCurves] = []

    def look(self, budget_seconds: float) -> None:
        """Takes in new runs and new rows."""
        new = set(self._names()) - self._seen
        for name in sorted(new, key=self._made_at):
            self._seen.add(name)
            lineage = read_lineage(self._folder / name)
            if lineage is not None and lineage.group == self._group:
                self._readers.append(RunReader(self._folder / name))
                self._curves.append(RunCurves(self._readers[-1]))
        for reader, curves in zip(self._readers, self._curves, strict=True):
            reader.poll(budget_seconds)
            curves.follow(_SMOOTHING)

    def lanes(self) -> list[Lane]:
        """Returns how each is doing, in the order of their values."""
        return [lane_of(reader) for reader in self._readers]

    def chart(self, lanes: Sequence[Lane], x_limits: Limits | None) -> ChartData:
        """Returns the averaged loss of each."""
        curves = (
            replace(
                curve,
                series=lane.value or UNCHANGED,
                role=_ROLES[place % len(_ROLES)],
            )
            for place, (lane, run) in enumerate(zip(lanes, self._curves, strict=True))
            for curve in run.curves("loss", "step")
            if curve.series == "train"
        )
        return ChartData(curves=tuple(curves), x_limits=x_limits)

    def _made_at(self, name: str) -> tuple[int, str]:
        """Returns when a run was made: values have the order in which they came."""
        try:
            return (self._folder / name / CONFIG).stat().st_mtime_ns, name
        except OSError:
            return 0, name

    def _names(self) -> list[str]:
        try:
            return run_names(self._folder)
        except RunDirectoryError:
            return []
