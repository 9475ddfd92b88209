"""Going on with a run that has begun: exactly where it was."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from cnn_tui.config import Setting, apply_settings, parse_mapping, to_mapping
from cnn_tui.config.processes import check_shared
from cnn_tui.config.values import MAX_STEPS
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine import edits
from cnn_tui.engine.actions import Action, Edit, Reject
from cnn_tui.engine.ahead import edits_ahead, overrides_ahead, total_ahead
from cnn_tui.engine.checkpoint import set_aside
from cnn_tui.engine.environment import differences
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.recorded import Edits, RecordedRun, read_recorded
from cnn_tui.engine.setup import Setup, patiently, set_up
from cnn_tui.engine.start import check_pause, interruptible, train
from cnn_tui.engine.team import ALONE, Team
from cnn_tui.errors import InputError, Remedy
from cnn_tui.host.process import this_process
from cnn_tui.runs import events
from cnn_tui.runs.events import Value
from cnn_tui.runs.layout import LIVE, State
from cnn_tui.runs.mailbox import Inbox
from cnn_tui.runs.orders import LIVE_NAMES
from cnn_tui.runs.overrides import SCHEDULE, SCHEDULE_NAME, schedule_over_before
from cnn_tui.runs.records import now
from cnn_tui.runs.writer import RunWriter
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be different from here on."""

    iterations: int | None = None
    """The new total."""
    more_iterations: int = 0
    """Added to the total, if ``iterations`` is not given."""
    settings: list[Setting] = field(default_factory=list)
    """Live values and the schedule, by their full keys."""
    device: str | None = None
    pause_at: int | None = None
    """After which update of the run it pauses."""


def resume_run(
    writer: RunWriter,
    interrupts: Interrupts,
    *,
    changes: Changes | None = None,
    data_dir: Path | None = None,
    on_resumed: Callable[[Path], None] = lambda run: None,
    tell: Tell = nobody,
    team: Team = ALONE,
) -> Outcome:
    """Goes on with a run whose lock ``writer`` holds, until it ends; closes the writer.

    ``tell`` hears of what is fetched and decoded.

    Raises:
        InputError: if it cannot go on, or not so; nothing was changed then.
    """
    try:
        changes = changes or Changes()
        recorded = read_recorded(writer.path)
        ahead = edits_ahead(recorded)
        planned = total_ahead(recorded, ahead)
        total_steps = new_total(recorded, changes, planned)
        is_longer = total_steps > planned
        check_pause(changes.pause_at, total_steps, recorded.start.step)
        wanted = as_edits(recorded, changes, total_steps, ahead, is_longer=is_longer)
        told = interruptible(tell, interrupts)
        setup = _set_up(recorded, changes, data_dir, told, team)

        def enter(do: Interpreter) -> None:
            do.perform(_rejections(writer.path))
            _enter(do, recorded, ahead)
            # Where it was to pause before, nobody may be there to go on from.
            do.state.plan.pause_at_step = changes.pause_at
            if recorded.status.state == State.FINISHED:  # and somebody wants more
                do.state.results.evaluations_since_best = 0
            do.perform(edits.as_actions(wanted))
            if total_steps != planned:
                _plan_total(do, total_steps)

        on_resumed(writer.path)
        return _train(writer, recorded, setup, interrupts, enter)
    finally:
        writer.close()


def take_over(
    writer: RunWriter,
    interrupts: Interrupts,
    data_dir: Path | None,
    team: Team = ALONE,
) -> Outcome:
    """Goes on where another process handed a run over; a paused run stays paused.

    Raises:
        InputError: if it cannot go on.
    """
    try:
        recorded = read_recorded(writer.path)
        here = Changes(device=recorded.status.device)
        setup = patiently(lambda: _set_up(recorded, here, data_dir, nobody, team))

        def enter(do: Interpreter) -> None:
            _enter(do, recorded, edits_ahead(recorded))
            do.journal.event(events.HandedOver(at=now(), step=do.step))
            if recorded.status.state == State.PAUSED:
                do.state.phase = State.PAUSED
                do.state.reason = recorded.status.reason
                do.books.publish()

        return _train(writer, recorded, setup, interrupts, enter)
    finally:
        writer.close()


def as_edits(
    recorded: RecordedRun,
    changes: Changes,
    total_steps: int,
    ahead: Edits,
    *,
    is_longer: bool,
) -> list[tuple[str, Value]]:
    """Returns the changes as edits by their names.

    A new rate is constant from there on where the schedule ends before the run does.

    Raises:
        InputError: if one is not a live value, or the run needs a rate.
    """
    wanted: dict[str, Value] = {}
    for key, value in changes.settings:
        name = edits.live_name(key)
        if name is None:
            raise InputError(
                f"{key} cannot be changed on resume, only "
                f"{', '.join(LIVE_NAMES)} and schedule can: start a new run"
            )
        wanted[name] = value
    overrides = overrides_ahead(recorded, ahead, _in_order(wanted))
    over = schedule_over_before(total_steps, recorded.config, overrides)
    has_rate = any(name == "lr" or name.startswith(SCHEDULE) for name in wanted)
    if over is None or not (is_longer or has_rate):
        return _in_order(wanted)  # what was interrupted goes on as it was
    ends = f"the {over} schedule ends at update {recorded.horizon:,}"
    if "lr" not in wanted:
        raise InputError(
            f"{ends}: after it, the run needs another learning rate",
            Remedy.ANOTHER_RATE,
        )
    if any(name.startswith(SCHEDULE) for name in wanted):
        raise InputError(f"{ends}: set lr alone, which is constant from there on")
    wanted[SCHEDULE_NAME] = "constant"
    schedule = edits.overridden(recorded.config, overrides).training.schedule
    if getattr(schedule, "warmup_iterations", 0) > recorded.start.step:
        wanted[f"{SCHEDULE}warmup_iterations"] = 0  # or the rate would still rise
    overrides_ahead(recorded, ahead, _in_order(wanted))
    return _in_order(wanted)


def _in_order(wanted: dict[str, Value]) -> list[tuple[str, Value]]:
    """Returns the schedule first, by its name: a new lr is laid over it."""
    return sorted(
        wanted.items(),
        key=lambda edit: (edit[0] != SCHEDULE_NAME, not edit[0].startswith(SCHEDULE)),
    )


def new_total(recorded: RecordedRun, changes: Changes, planned: int) -> int:
    """Returns the updates in all, given those that were ``planned``.

    Raises:
        InputError: if there is nothing to do until then.
    """
    total_steps = (
        planned + changes.more_iterations
        if changes.iterations is None
        else changes.iterations
    )
    done = recorded.start.step
    # A run that was killed in its last moments still has to be brought to its end.
    is_over = recorded.status.state == State.FINISHED
    if total_steps < done or (is_over and total_steps == done):
        raise InputError(
            f"{printable(recorded.path.name)} has done {done:,} updates already",
            Remedy.MORE_ITERATIONS,
        )
    if total_steps > MAX_STEPS:
        raise InputError(f"a run has at most {MAX_STEPS:,} iterations")
    return total_steps


def _set_up(
    recorded: RecordedRun,
    changes: Changes,
    data_dir: Path | None,
    tell: Tell,
    team: Team,
) -> Setup:
    config = recorded.config
    check_shared(config, team.size)
    if changes.device is not None:
        settings = [("training.device", changes.device)]
        config = parse_mapping(apply_settings(to_mapping(config), settings))
    return set_up(config, data_dir, tell, team)


def _train(
    writer: RunWriter,
    recorded: RecordedRun,
    setup: Setup,
    interrupts: Interrupts,
    enter: Callable[[Interpreter], None],
) -> Outcome:
    identity = msgspec.structs.replace(
        recorded.status,
        state=State.STARTING,
        reason=None,
        ended_at=None,
        device=setup.config.training.device,
        processes=setup.trainer.team.size,
        **asdict(this_process()),
    )
    text = recorded.config_text
    return train(writer, setup, text, interrupts, identity, enter=enter)


def _rejections(run: Path) -> Iterator[Reject]:
    """Refuses commands sent while nobody trained: they are not for this process."""
    for item in Inbox(run).take():
        yield Reject(reason="sent before this start", command_id=item.id)


def _plan_total(do: Interpreter, total_steps: int) -> None:
    """Sets the new total; after the last one that is made again, so that it stays."""
    edit = Edit(name=edits.TOTAL_STEPS, value=total_steps)
    repeats = do.state.plan.repeats
    totals = [
        step
        for step, made in repeats.items()
        if step <= total_steps
        and any(isinstance(it, Edit) and it.name == edits.TOTAL_STEPS for it in made)
    ]
    if totals:
        repeats[max(totals)].append(edit)
    else:
        do.perform([edit])


def _enter(do: Interpreter, recorded: RecordedRun, ahead: Edits) -> None:
    """Brings a training to the checkpoint, and the files to agree with it."""
    status, start, journal = recorded.status, recorded.start, do.journal
    has_begun = status.last_checkpoint_step is not None or recorded.last_row_step > 0
    if has_begun and status.state in LIVE and status.pid != this_process().pid:
        journal.event(
            events.Interrupted(
                at=now(), step=status.step, reason="the process was lost"
            )
        )
    if status.last_checkpoint_step is not None:  # there was a checkpoint once
        for problem in start.problems:
            journal.event(
                events.CheckpointDamaged(at=now(), step=start.step, reason=problem)
            )
    for name in start.damaged:
        set_aside(recorded.path, name)
    do.state.last_checkpoint_step = status.last_checkpoint_step
    if start.checkpoint is not None:
        do.restore(start.checkpoint)
    if recorded.last_row_step > start.step:
        journal.rewind(start.step)
    if has_begun:  # or it was made by a process that left its beginning to this one
        edited = bool(ahead)
        journal.event(events.Resumed(at=now(), step=start.step, repeats_edits=edited))
    repeats: dict[int, list[Action]] = {
        step: list(edits.as_actions(made)) for step, made in ahead.items()
    }
    do.perform(repeats.pop(start.step, ()))  # before anything that is wanted now
    do.state.plan.repeats |= repeats
    dataset = do.state.config.dataset
    if different := differences(recorded.environment, dataset, do.trainer.device):
        reason = f"not bit-exact: {'; '.join(different)}"
        journal.event(events.NotBitExact(at=now(), step=start.step, reason=reason))
