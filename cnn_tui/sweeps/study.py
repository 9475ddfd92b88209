"""The study of a sweep in Optuna's words; whatever imports Optuna is here.

Optuna is an extra, and takes a second to import: that happens where a study is opened.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnn_tui.config import Setting
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.io.files import open_regular
from cnn_tui.sweeps.files import JOURNAL, SweepFolder
from cnn_tui.sweeps.plan import Plan
from cnn_tui.sweeps.space import Choices, Dimension, combinations, trial_settings
from cnn_tui.text import printable

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial, Trial

RUNS, ENDING = "runs", "ending"
"""User attributes of a trial: ids in the order of the seeds, and [state, reason]."""
MAX_JOURNAL_BYTES = 200 * 2**20
MIN_TRIALS_FOR_IMPORTANCE = 10
_OF_DAMAGE = (
    *(ValueError, TypeError, LookupError, AssertionError),
    *(ArithmeticError, AttributeError, RuntimeError),
)
_TAIL_BYTES = 2**20
_LOCK_SECONDS = 5


def require_optuna() -> None:
    """Raises InputError where Optuna is not installed; keeps it quiet where it is."""
    try:
        import optuna
    except ImportError as error:
        raise InputError(
            "sweeps are searched by Optuna, which is not installed: "
            "pip install 'cnn-tui[sweep]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def open_study(sweep: SweepFolder, plan: Plan) -> "optuna.Study":
    """Opens the study of a sweep, or makes it; whoever asks and tells has the lock.

    Raises:
        InputError: Optuna is not installed.
        RunDirectoryError: The journal cannot be read.
    """
    require_optuna()
    import optuna

    path = sweep.path / JOURNAL
    with reading(sweep):
        mend(path)
        study = optuna.create_study(
            storage=_storage(path),
            study_name=sweep.name,
            direction="maximize" if plan.is_maximized else "minimize",
            sampler=_sampler(plan),
            pruner=_pruner(plan),
            load_if_exists=True,
        )
        if plan.sampler == "grid":
            _enqueue_rest(study, plan)
    return study


def read_study(sweep: SweepFolder) -> "optuna.Study | None":
    """Opens the study of a sweep to look at it; None before there is one.

    Raises:
        InputError, RunDirectoryError: as ``open_study``.
    """
    require_optuna()
    import optuna

    path = sweep.path / JOURNAL
    if not os.path.lexists(path):
        return None
    with reading(sweep):
        check(path)
        try:
            return optuna.load_study(study_name=sweep.name, storage=_storage(path))
        except KeyError:
            return None


@contextmanager
def reading(sweep: SweepFolder) -> Iterator[None]:
    """Turns what Optuna makes of a damaged journal into a sentence."""
    path = sweep.path / JOURNAL
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunDirectoryError(
            f"{printable(path)} cannot be read: {reason}"
        ) from error
    except _OF_DAMAGE as error:
        reason = printable(str(error).splitlines()[0] if str(error) else error)
        raise RunDirectoryError(
            f"{printable(path)} is damaged: {reason}; move it away to begin anew"
        ) from error


def mend(journal: Path) -> None:
    """Takes away the beginning of a line that a writer could not end.

    Optuna reads no journal on which somebody went on after that.
    """
    if not os.path.lexists(journal):
        return
    check(journal)
    descriptor = open_regular(journal, os.O_RDWR)
    try:
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(descriptor, size - len(tail) + tail.rfind(b"\n") + 1)
    finally:
        os.close(descriptor)


def check(journal: Path) -> None:
    """Refuses a journal that is no regular file, or too large; raises OSError."""
    descriptor = open_regular(journal)
    try:
        if os.fstat(descriptor).st_size > MAX_JOURNAL_BYTES:
            raise OSError(f"it is larger than {MAX_JOURNAL_BYTES:,} bytes")
    finally:
        os.close(descriptor)


def suggest(trial: "Trial", plan: Plan) -> list[Setting]:
    """Returns the values of a trial; those that were suggested before stay."""

    def value_of(key: str) -> Any:
        return _suggest(trial, key, plan.space[key])

    return trial_settings(plan.space, value_of)


def trial_of(study: "optuna.Study", trial: "FrozenTrial") -> "Trial":
    """Returns what a trial that was asked for earlier is told through."""
    from optuna.trial import Trial

    return Trial(study, trial._trial_id)


def runs_of(trial: "FrozenTrial | Trial") -> list[str]:
    """Returns the ids that a trial has; what a journal says is no path."""
    found = trial.user_attrs.get(RUNS)
    ids = found if isinstance(found, list) else []
    return [it for it in ids if isinstance(it, str) and Path(it).name == it]


def importances(study: "optuna.Study") -> dict[str, float]:
    """Returns how much each key matters for being among the best, 1 in all.

    By PED-ANOVA (Watanabe et al. 2023, arxiv.org/abs/2304.10255) for the best quarter
    of the finished trials; nothing where they are fewer than
    ``MIN_TRIALS_FOR_IMPORTANCE``.
    """
    import optuna

    complete = (optuna.trial.TrialState.COMPLETE,)
    if len(study.get_trials(False, complete)) < MIN_TRIALS_FOR_IMPORTANCE:
        return {}
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return dict(found)


def _suggest(trial: "Trial", key: str, dimension: Dimension) -> Any:
    if isinstance(dimension, Choices):
        return trial.suggest_categorical(key, dimension.values)
    low, high, step = dimension.low, dimension.high, dimension.step
    if dimension.is_whole:
        return trial.suggest_int(
            key, int(low), int(high), step=int(step or 1), log=dimension.is_log
        )
    return trial.suggest_float(key, low, high, step=step, log=dimension.is_log)


def _enqueue_rest(study: "optuna.Study", plan: Plan) -> None:
    """Lets each trial of a grid be the combination that has its number."""
    known = len(study.get_trials(deepcopy=False))
    for values in combinations(plan.space)[known : plan.trials]:
        study.enqueue_trial(values)


def _sampler(plan: Plan) -> "optuna.samplers.BaseSampler":
    from optuna.samplers import RandomSampler, TPESampler

    # Trials run side by side: those on their way count as bad ones, not as unknown.
    return TPESampler(constant_liar=True) if plan.sampler == "tpe" else RandomSampler()


def _pruner(plan: Plan) -> "optuna.pruners.BasePruner":
    from optuna import pruners

    match plan.pruner:
        case "median":
            return pruners.MedianPruner()
        case "successive_halving":
            return pruners.SuccessiveHalvingPruner()
        case _:
            return pruners.NopPruner()


def _storage(journal: Path) -> "optuna.storages.JournalStorage":
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    path = str(journal)
    # Who is killed leaves this lock behind; an entry takes milliseconds.
    lock = JournalFileSymlinkLock(path, grace_period=_LOCK_SECONDS)
    return JournalStorage(JournalFileBackend(path, lock))
