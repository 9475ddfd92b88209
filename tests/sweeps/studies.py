"""Sweeps whose study Optuna itself was told, and runs that nobody trained."""

import math
from pathlib import Path

import msgspec
from optuna.trial import TrialState

from cnn_tui.config import to_yaml
from cnn_tui.config.study import Study
from cnn_tui.runs import records
from cnn_tui.runs.layout import CONFIG, STATUS, State
from cnn_tui.runs.records import Best, Status
from cnn_tui.sweeps.files import SweepFolder, make_sweep
from cnn_tui.sweeps.plan import Plan, make_plan
from cnn_tui.sweeps.space import parse_space
from cnn_tui.sweeps.study import ENDING, RUNS, open_study, suggest
from tests.config.mappings import config

OVER = ("lr=0.01..0.3:log", "optimizer=sgd,adam", "batch_size=32..64")


def plan(*over: str, length: dict[str, int] | None = None, **values: object) -> Plan:
    """Returns a plan of small runs; ``length`` changes that of their training."""
    base = config(
        dataset={"train_images": 500},
        training={
            "batch_size": 50,
            "iterations": 20,
            "evaluate_every": 10,
            "threads": 1,
            **(length or {}),
        },
    )
    wanted = {"trials": 4, "metric": None, **values}
    return make_plan(
        preset="mine",
        config=base,
        space=parse_space(over),
        **wanted,  # type: ignore[arg-type]
    )


def told(folder: Path, finished: int, name: str = "wide") -> SweepFolder:
    """Makes a sweep with so many finished trials, and one of each other state."""
    wanted = plan(*OVER, trials=finished + 5)
    sweep = make_sweep(wanted, name, folder)
    study = open_study(sweep, wanted)
    for number in range(finished):
        trial = study.ask()
        values = dict(suggest(trial, wanted))
        trial.set_user_attr(RUNS, [f"20260101-000000-{name}-t{number:03}-s0"])
        study.tell(trial, value(values["training.optimizer.lr"]))
    for state, reason in ((TrialState.PRUNED, "others"), (TrialState.FAIL, "is NaN")):
        trial = study.ask()
        suggest(trial, wanted)
        trial.report(0.5, 10)
        trial.set_user_attr(ENDING, [state.name, f"{reason} \x1b[31m"])
        study.tell(trial, state=state)
    suggest(study.ask(), wanted)
    return sweep


def value(lr: float) -> float:
    """Returns an accuracy that is best at a rate of 0.1."""
    return 0.98 - 0.05 * abs(math.log10(lr / 0.1))


def make_trial(folder: Path, trial: int, best: float, study: str = "wide") -> Path:
    """Makes a run of a trial that has nothing but its config and a status."""
    run = folder / f"20260101-000000-{study}-t{trial:03}-s0"
    run.mkdir(parents=True)
    made = config(training={"batch_size": 50, "seed": trial})
    made = made.model_copy(update={"study": Study(name=study, trial=trial)})
    (run / CONFIG).write_text(to_yaml(made))
    status = Status(
        state=State.FINISHED,
        started_at=records.now(),
        best=Best(step=1, accuracy=best),
    )
    (run / STATUS).write_bytes(msgspec.json.encode(status))
    return run
