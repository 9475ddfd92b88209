"""One sweep on its way: trials are asked for, queued, followed, and told.

Nothing here remembers what is not in the journal, the queue and the runs: whoever goes
on after a kill between any two steps does what is left, and nothing twice.
"""

from collections.abc import Collection, Sequence
from statistics import mean
from typing import TYPE_CHECKING

from cnn_tui.config import to_mapping
from cnn_tui.config.study import Study
from cnn_tui.errors import ConfigError
from cnn_tui.runs import mailbox
from cnn_tui.sweeps.files import ENDED, STOPPED, SweepFolder, trial_name
from cnn_tui.sweeps.plan import Plan
from cnn_tui.sweeps.queued import (
    Following,
    Stage,
    add_run,
    cancel_run,
    find_named,
    waiting_runs,
)
from cnn_tui.sweeps.study import (
    ENDING,
    RUNS,
    open_study,
    runs_of,
    suggest,
    trial_of,
)

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial


class Search:
    """The study of a sweep; the caller holds its lock."""

    def __init__(self, sweep: SweepFolder, plan: Plan) -> None:
        """Opens the study; raises what ``open_study`` does."""
        self._sweep, self._plan = sweep, plan
        self._study = open_study(sweep, plan)
        from optuna.trial import TrialState

        self._states = TrialState
        self._following: dict[str, Following] = {}
        self._stop_sent = set[str]()

    def advance(self) -> None:
        """Tells what has come of the runs, and queues what is to be tried next."""
        waiting = waiting_runs(self._sweep.runs_folder)
        is_stopped = self._sweep.has(STOPPED)
        running = self._study.get_trials(False, (self._states.RUNNING,))
        ours = [
            run for trial in running for run in self._tend(trial, waiting, is_stopped)
        ]
        self._following = {k: it for k, it in self._following.items() if k in ours}
        has_waiting = not waiting_runs(self._sweep.runs_folder).isdisjoint(ours)
        while not has_waiting and self._wants_more(is_stopped):
            has_waiting = self._begin(self._study.ask())
        if not ours and not has_waiting:
            self._sweep.mark(ENDED)

    def _wants_more(self, is_stopped: bool) -> bool:
        states = [it.state for it in self._study.get_trials(deepcopy=False)]
        asked = len(states) - states.count(self._states.WAITING)
        return not is_stopped and asked < self._plan.trials

    def _tend(
        self, trial: "FrozenTrial", waiting: Collection[str], is_stopped: bool
    ) -> Sequence[str]:
        """Does what is due for a trial; returns its runs, none if it is told."""
        told = trial_of(self._study, trial)
        runs = runs_of(told)
        if len(runs) < self._plan.seeds:
            # Whoever asked for it was killed before all of it was queued.
            return runs_of(told) if self._begin(told) else ()
        stages = [self._follow(run, waiting) for run in runs]
        ending = _ending_of(told) or self._verdict(stages, is_stopped)
        if ending is None and all(it.stage is Stage.FINISHED for it in stages):
            self._complete(told, runs)
            return ()
        if ending is None and self._report(told, runs):
            ending = ["PRUNED", "others were better at this step"]
        return runs if ending is None else self._end(told, ending, stages)

    def _begin(self, trial: "Trial") -> bool:
        """Queues what a trial lacks; returns False where its values cannot be tried."""
        settings = suggest(trial, self._plan)
        runs = runs_of(trial)
        study = Study(name=self._sweep.name, trial=trial.number)
        for place in range(len(runs), self._plan.seeds):
            try:
                config = self._plan.trial_config(settings, study, place)
            except ConfigError as error:
                self._fail(trial, str(error))
                return False
            name = trial_name(self._sweep.name, trial.number, place)
            run = find_named(self._sweep.runs_folder, name) or add_run(
                self._sweep.runs_folder,
                preset=self._plan.preset,
                name=name,
                config=to_mapping(config),
                data_dir=self._plan.data_dir,
            )
            runs.append(run)
            trial.set_user_attr(RUNS, runs)
        return True

    def _follow(self, run: str, waiting: Collection[str]) -> Following:
        known = self._following.get(run) or Following(self._sweep.runs_folder, run)
        self._following[run] = known
        known.look(waiting)
        return known

    def _verdict(
        self, stages: Sequence[Following], is_stopped: bool
    ) -> list[str] | None:
        """Returns how a trial has to end before all of its runs are finished."""
        for each in stages:
            if each.stage is Stage.FAILED:
                return ["FAIL", each.reason]
        for each in stages:
            if each.stage is Stage.STOPPED:
                return ["PRUNED", "somebody stopped a run of it"]
        if is_stopped and all(it.stage is Stage.WAITING for it in stages):
            return ["FAIL", "the sweep was stopped before it began"]
        return None

    def _report(self, trial: "Trial", runs: Sequence[str]) -> bool:
        """Reports what is new, and returns whether the trial is to be pruned."""
        rows = [self._following[run].values(self._plan.metric) for run in runs]
        common = sorted(set.intersection(*map(set, rows)))
        known = self._study.get_trials(deepcopy=False)[trial.number]
        new = [step for step in common if step not in known.intermediate_values]
        for step in new:
            trial.report(mean(row[step] for row in rows), step)
        return bool(new) and trial.should_prune()

    def _complete(self, trial: "Trial", runs: Sequence[str]) -> None:
        """Tells the mean of the last values."""
        self._report(trial, runs)
        rows = [self._following[run].values(self._plan.metric) for run in runs]
        if all(rows):
            self._study.tell(trial.number, mean(row[max(row)] for row in rows))
        else:
            self._fail(trial, f"a run of it has no finite {self._plan.metric}")

    def _fail(self, trial: "Trial", reason: str) -> None:
        trial.set_user_attr(ENDING, ["FAIL", reason])
        self._study.tell(trial.number, state=self._states.FAIL)

    def _end(
        self, trial: "Trial", ending: list[str], stages: Sequence[Following]
    ) -> Sequence[str]:
        """Ends the runs of a trial, and tells so when none is left."""
        if _ending_of(trial) is None:
            trial.set_user_attr(ENDING, ending)
        left = [it for it in stages if it.stage in (Stage.WAITING, Stage.RUNNING)]
        for each in left:
            self._stop(each)
        if not left:
            self._study.tell(trial.number, state=self._states[ending[0]])
            return ()
        return [each.run for each in stages]

    def _stop(self, run: Following) -> None:
        """Cancels a job, or asks a run once to stop."""
        if run.stage is Stage.WAITING:
            cancel_run(self._sweep.runs_folder, run.run)
        elif run.hears and run.run not in self._stop_sent:
            mailbox.send(run.path, "stop")
            self._stop_sent.add(run.run)


def _ending_of(trial: "Trial") -> list[str] | None:
    """Returns how a trial is about to end, as it was written down before."""
    match trial.user_attrs.get(ENDING):
        case [("FAIL" | "PRUNED") as state, str(reason)]:
            return [state, reason]
        case _:
            return None
