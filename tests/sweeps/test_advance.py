"""A sweep goes on from wherever it is, whoever was killed at whatever."""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import mean
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from cnn_tui.config import parse_mapping
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.io.safe_yaml import load
from cnn_tui.jobs import cancel_job, read_queue
from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import CONFIG, CONTROL, run_names
from cnn_tui.sweeps import control
from cnn_tui.sweeps.advance import Advancing, locked
from cnn_tui.sweeps.files import ENDED, JOURNAL, SweepFolder, make_sweep
from cnn_tui.sweeps.overview import Overview, SweepReader
from cnn_tui.sweeps.queued import add_run
from cnn_tui.sweeps.study import ENDING, RUNS, open_study
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.sweep_lines import trial_lines
from tests.sweeps.studies import plan, told
from tests.sweeps.working import (
    claim_next,
    finish,
    last_accuracy,
    set_state,
    train_seeds,
    work_all,
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Runs of seed 0 and 1; do not change them."""
    return train_seeds(plan("lr=0.1,0.2", seeds=2), tmp_path_factory.mktemp("trained"))


def grid(folder: Path, **values: Any) -> SweepFolder:
    """Makes a sweep of two trials with two seeds each."""
    wanted = {"sampler": "grid", "trials": None, "seeds": 2, **values}
    return make_sweep(plan("lr=0.1,0.2", **wanted), "wide", folder / "runs")


def look(sweep: SweepFolder) -> Overview:
    return SweepReader(sweep).read()


def states(sweep: SweepFolder) -> list[str]:
    return [trial.state for trial in look(sweep).trials]


def assert_whole(sweep: SweepFolder, trained: list[Path]) -> None:
    """Each trial has one run of each seed, and was told their mean, once."""
    found = look(sweep)
    assert [trial.state for trial in found.trials] == ["complete", "complete"]
    assert [it.values["training.optimizer.lr"] for it in found.trials] == [0.1, 0.2]
    for trial in found.trials:
        assert trial.value == pytest.approx(mean(map(last_accuracy, trained)))
    names = run_names(sweep.runs_folder)
    assert sorted(run for trial in found.trials for run in trial.runs) == names
    configs = [
        parse_mapping(load((sweep.runs_folder / it / CONFIG).read_bytes(), it).value)
        for it in names
    ]
    assert Counter(
        (it.study.trial, it.training.seed, it.training.optimizer.lr)
        for it in configs
        if it.study and it.study.name == "wide"
    ) == Counter({(0, 0, 0.1): 1, (0, 1, 0.1): 1, (1, 0, 0.2): 1, (1, 1, 0.2): 1})
    assert read_queue(sweep.runs_folder) == []


def test_a_grid_is_tried_whole_and_told_the_mean_over_its_seeds(
    tmp_path: Path, trained: list[Path]
) -> None:
    sweep = grid(tmp_path)
    work_all(sweep, trained)
    assert_whole(sweep, trained)
    assert look(sweep).state == "finished"


class Killed(BaseException):
    """What ends a process between two steps."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whoever_goes_on_after_a_kill_does_what_is_left_and_nothing_twice(
    tmp_path: Path, trained: list[Path], moment: str
) -> None:
    """Kills at each write to the journal, the queue and the folder, one by one."""
    kills = 0
    while True:
        sweep = grid(tmp_path / str(kills))
        with pytest.MonkeyPatch.context() as patch:
            _kill_at(patch, kills, moment)
            try:
                work_all(sweep, trained)
            except Killed:
                kills += 1
            else:
                break
        work_all(sweep, trained)
        assert_whole(sweep, trained)
    assert kills > 20


def _kill_at(patch: pytest.MonkeyPatch, number: int, moment: str) -> None:
    """Raises before or after the write of that number."""
    count = 0

    def killing(do: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count - 1 == number and moment == "before":
                raise Killed
            result = do(*args, **kwargs)
            if count - 1 == number:
                raise Killed
            return result

        return wrapped

    append = killing(JournalFileBackend.append_logs)
    patch.setattr(JournalFileBackend, "append_logs", append)
    patch.setattr("cnn_tui.sweeps.search.add_run", killing(add_run))
    patch.setattr(SweepFolder, "mark", killing(SweepFolder.mark))


def test_a_line_that_a_kill_has_torn_is_taken_away(
    tmp_path: Path, trained: list[Path]
) -> None:
    sweep = grid(tmp_path)
    assert Advancing(sweep.runs_folder).advance() == []
    with (sweep.path / JOURNAL).open("ab") as journal:
        journal.write(b'{"op_code":4,"worker')
    work_all(sweep, trained)
    assert_whole(sweep, trained)


def test_only_one_advances_a_sweep_at_a_time(tmp_path: Path) -> None:
    sweep = grid(tmp_path)
    with locked(sweep, 0):
        assert Advancing(sweep.runs_folder).advance() == []
    assert not (sweep.path / JOURNAL).exists()


def test_a_lock_that_cannot_be_taken_is_a_sentence(tmp_path: Path) -> None:
    sweep = grid(tmp_path)
    (sweep.path / "lock").mkdir()
    [problem] = Advancing(sweep.runs_folder).advance()
    assert problem.startswith("sweep wide: ")
    assert "lock cannot be taken: Is a directory" in problem


def test_a_run_that_failed_or_was_taken_out_fails_its_trial(
    tmp_path: Path, trained: list[Path]
) -> None:
    sweep = grid(tmp_path)
    advancing = Advancing(sweep.runs_folder)
    advancing.advance()
    run = claim_next(sweep.runs_folder)
    assert run is not None
    finish(sweep.runs_folder, run, trained)
    set_state(sweep.runs_folder / run, state="failed", reason="loss is not finite")
    advancing.advance()  # the other seed is of no use any more
    advancing.advance()
    [waiting, _] = read_queue(sweep.runs_folder)
    cancel_job(sweep.runs_folder, waiting.run_id)
    while not sweep.has(ENDED):
        assert advancing.advance() == []
    failed = look(sweep).trials
    assert [trial.state for trial in failed] == ["fail", "fail"]
    assert failed[0].reason == "loss is not finite"
    assert "taken out of the queue" in failed[1].reason
    assert read_queue(sweep.runs_folder) == []


def test_a_run_that_a_worker_still_has_is_waited_for(
    tmp_path: Path, trained: list[Path]
) -> None:
    """Its trainer was killed: the queue goes on with it, and so does the trial."""
    sweep = grid(tmp_path, seeds=1)
    advancing = Advancing(sweep.runs_folder)
    advancing.advance()
    run = claim_next(sweep.runs_folder)
    assert run is not None
    advancing.advance()
    assert states(sweep)[0] == "running"
    claim = sweep.runs_folder / ".queue" / "claimed" / f"{run}.yaml"
    kept = claim.read_bytes()
    finish(sweep.runs_folder, run, trained)
    claim.write_bytes(kept)
    set_state(sweep.runs_folder / run, state="interrupted")
    advancing.advance()
    assert states(sweep)[0] == "running"
    set_state(sweep.runs_folder / run, state="finished")
    claim.unlink()
    advancing.advance()
    assert states(sweep)[0] == "complete"


def test_what_is_bad_is_pruned_and_its_runs_are_stopped(
    tmp_path: Path, trained: list[Path]
) -> None:
    wanted = plan("lr=0.01..0.1", sampler="random", pruner="median", trials=6, seeds=1)
    sweep = make_sweep(wanted, "pruned", tmp_path / "runs")
    study = open_study(sweep, wanted)
    for _ in range(5):  # that many are finished before the median counts
        trial = study.ask()
        for step in (10, 20):
            trial.report(1.0, step)
        study.tell(trial, 1.0)
    advancing = Advancing(sweep.runs_folder)
    advancing.advance()
    run = claim_next(sweep.runs_folder)
    assert run is not None
    claim = sweep.runs_folder / ".queue" / "claimed" / f"{run}.yaml"
    kept = claim.read_bytes()
    finish(sweep.runs_folder, run, trained)
    claim.write_bytes(kept)
    path = sweep.runs_folder / run
    set_state(path, state="running", pid=None)
    for mail in (path / CONTROL).iterdir():
        mail.unlink()
    for _ in range(3):
        advancing.advance()
    [told] = mailbox.Inbox(path).take()
    assert isinstance(told, mailbox.Command)
    assert look(sweep).trials[-1].state == "running"  # until its run has stopped
    set_state(path, state="stopped")
    claim.unlink()
    advancing.advance()
    pruned = look(sweep).trials[-1]
    assert (pruned.state, pruned.step) == ("pruned", 20)
    assert pruned.value == pytest.approx(last_accuracy(trained[0]))
    assert sweep.has(ENDED)


def test_a_sweep_is_stopped_and_extended(tmp_path: Path, trained: list[Path]) -> None:
    wanted = plan("lr=0.01..0.1", sampler="random", trials=1, seeds=1)
    sweep = make_sweep(wanted, "longer", tmp_path / "runs")
    work_all(sweep, trained)
    control.extend(sweep, "+2")
    assert len(read_queue(sweep.runs_folder)) == 1
    control.stop(sweep)
    assert (states(sweep), read_queue(sweep.runs_folder)) == (["complete", "fail"], [])
    assert look(sweep).state == "stopped"
    with pytest.raises(InputError, match="has ended"):
        control.stop(sweep)
    control.extend(sweep, "4")
    work_all(sweep, trained)
    assert states(sweep) == ["complete", "fail", "complete", "complete"]


def test_values_that_do_not_go_together_fail_with_their_sentence(
    tmp_path: Path, trained: list[Path]
) -> None:
    wanted = plan("momentum=0,0.9", "nesterov=false,true", sampler="grid", trials=None)
    sweep = make_sweep(wanted, "together", tmp_path / "runs")
    work_all(sweep, trained)
    assert states(sweep) == ["complete", "fail", "complete", "complete"]
    assert "nesterov needs a momentum above 0" in look(sweep).trials[1].reason


def test_hand_written_attributes_are_no_paths(tmp_path: Path) -> None:
    sweep = grid(tmp_path, seeds=1)
    advancing = Advancing(sweep.runs_folder)
    advancing.advance()
    study = optuna.load_study(
        study_name="wide",
        storage=optuna.storages.JournalStorage(
            JournalFileBackend(str(sweep.path / JOURNAL))
        ),
    )
    number = study.get_trials(states=(TrialState.RUNNING,))[0]._trial_id
    study._storage.set_trial_user_attr(number, RUNS, ["../../etc"])
    study._storage.set_trial_user_attr(number, ENDING, 7)
    assert Advancing(sweep.runs_folder).advance() == []


@pytest.mark.parametrize(
    "line",
    [
        "[" * 10**5,
        "5",
        '{"op_code": 6, "trial_id": 5, "state": 1, "values": [1, 2]}',
        '{"op_code": 6, "trial_id": 5, "state": 1, "values": [1%s]}' % ("0" * 400),
        '{"op_code": 7, "trial_id": 5, "step": "x", "intermediate_value": 0.5}',
    ],
    ids=("deep", "number", "two", "huge", "word"),
)
def test_no_line_of_a_journal_is_more_than_a_sentence(
    tmp_path: Path, line: str
) -> None:
    sweep = told(tmp_path, 3)
    whole = {"worker_id": "x", "datetime_complete": "2026-01-01T00:00:00"}
    text = line.replace("{", json.dumps(whole)[:-1] + ", ")
    with (sweep.path / JOURNAL).open("a") as journal:
        journal.write(f"{text}\n")
    for problem in Advancing(tmp_path).advance():
        assert "journal.log is damaged" in problem
    with suppress(RunDirectoryError):
        found = look(sweep)
        trial_lines(found, found.sorted(), GLYPHS["braille"])
