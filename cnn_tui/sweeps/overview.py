"""What a sweep has found so far, as plain values, read while it goes on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnn_tui.errors import CnnTuiError
from cnn_tui.io.files import Stamp, stamp
from cnn_tui.runs.config_values import Scalar, scalar
from cnn_tui.sweeps.files import ENDED, FILE, STOPPED, SweepFolder, read_plan
from cnn_tui.sweeps.plan import Plan
from cnn_tui.sweeps.study import (
    ENDING,
    MIN_TRIALS_FOR_IMPORTANCE,
    importances,
    read_study,
    reading,
    runs_of,
)

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

_MAX_RUNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One trial."""

    number: int
    state: str
    """running, complete, pruned or fail."""
    values: Mapping[str, Scalar]
    """What it tries, by full keys."""
    value: float | None
    """Of the metric, the mean over its seeds: in the end, or as far as it is."""
    step: int | None
    """The last one at which all seeds were evaluated."""
    runs: Sequence[str]
    """Their ids, in the order of the seeds."""
    reason: str
    """Why it ended as it did, where it did not just finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A sweep at one moment."""

    sweep: SweepFolder
    plan: Plan
    trials: Sequence[TrialRow] = ()
    """In their order, those that were asked for."""
    importances: Mapping[str, float] = field(default_factory=dict)
    """By full key, 1 in all; none where too few trials are finished."""
    is_stopped: bool = False
    has_ended: bool = False

    @property
    def finished(self) -> Sequence[TrialRow]:
        """Trials with a value that they were told with."""
        return [it for it in self.trials if it.state == "complete"]

    @property
    def best(self) -> TrialRow | None:
        """The finished trial with the best value, the first of equals."""
        return self.sorted()[0] if self.finished else None

    @property
    def state(self) -> str:
        """What the sweep is doing: running, stopping, stopped or finished."""
        if self.has_ended:
            return "stopped" if self.is_stopped else "finished"
        return "stopping" if self.is_stopped else "running"

    def sorted(self) -> list[TrialRow]:
        """Returns finished trials, best first, then those running, then the others."""
        sign = -1 if self.plan.is_maximized else 1
        ranked = sorted(self.finished, key=lambda it: sign * (it.value or 0.0))
        rest = [it for it in self.trials[::-1] if it.state != "complete"]
        return [*ranked, *sorted(rest, key=lambda it: it.state != "running")]

    def best_so_far(self) -> list[tuple[int, float]]:
        """Returns the number of each finished trial, and the best value until then."""
        better = max if self.plan.is_maximized else min
        found: list[tuple[int, float]] = []
        for trial in self.finished:
            value = trial.value or 0.0
            found.append(
                (trial.number, better(value, found[-1][1] if found else value))
            )
        return found


class SweepReader:
    """Follows a sweep; it never writes there and takes no lock."""

    def __init__(self, sweep: SweepFolder) -> None:
        """Reads nothing yet."""
        self._sweep = sweep
        self._study: optuna.Study | None = None
        self._plan: tuple[Stamp, Plan] | None = None
        self._weighed: tuple[int, dict[str, float]] = (0, {})

    def read(self) -> Overview:
        """Returns the sweep as it is now.

        Raises:
            CnnTuiError: Optuna is not there, or a file of the sweep is damaged.
        """
        sweep = self._sweep
        written = stamp(sweep.path / FILE)
        if self._plan is None or self._plan[0] != written:
            self._plan = written, read_plan(sweep.path / FILE)
        try:
            self._study = self._study or read_study(sweep)
            with reading(sweep):
                trials, weights = self._trials(), self._importances()
        except CnnTuiError:
            self._study = None
            raise
        return Overview(
            sweep=sweep,
            plan=self._plan[1],
            trials=trials,
            importances=weights,
            is_stopped=sweep.has(STOPPED),
            has_ended=sweep.has(ENDED),
        )

    def _trials(self) -> list[TrialRow]:
        if self._study is None:
            return []
        found = self._study.get_trials(deepcopy=False)
        return [_row(trial) for trial in found if trial.state.name != "WAITING"]

    def _importances(self) -> dict[str, float]:
        """Weighs anew only where another trial has finished."""
        if self._study is None:
            return {}
        states = [it.state.name for it in self._study.get_trials(deepcopy=False)]
        count = states.count("COMPLETE")
        if count >= MIN_TRIALS_FOR_IMPORTANCE and count != self._weighed[0]:
            self._weighed = count, importances(self._study)
        return self._weighed[1]


def _row(trial: "FrozenTrial") -> TrialRow:
    """Returns a trial; what is not of the expected kind in a journal is not there."""
    ending = trial.user_attrs.get(ENDING)
    reached = trial.last_step
    value = trial.values[0] if trial.values else None
    if value is None and reached is not None:
        value = trial.intermediate_values[reached]
    return TrialRow(
        number=trial.number,
        state=trial.state.name.lower(),
        values={str(key): scalar(it) for key, it in trial.params.items()},
        value=value if value is not None and math.isfinite(value) else None,
        step=reached if isinstance(reached, int) else None,
        runs=runs_of(trial)[:_MAX_RUNS],
        reason=str(ending[-1]) if isinstance(ending, list) and ending else "",
    )
