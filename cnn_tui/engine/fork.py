"""A fork: a new run that begins where another one was, with changed values.

It is made as a run that stands at the parent's update; to train it is to resume it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from cnn_tui.config import RunConfig, Setting, to_yaml
from cnn_tui.config.forking import forked, has_other_images
from cnn_tui.config.lineage import Lineage
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine import edits
from cnn_tui.engine.actions import Save
from cnn_tui.engine.books import Books
from cnn_tui.engine.checkpoint import Checkpoint, save_checkpoint, write_best
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.journal import Journal
from cnn_tui.engine.recorded import (
    FoundCheckpoint,
    RecordedRun,
    last_row_step,
    read_all,
)
from cnn_tui.engine.replay import go_to, reasons_against
from cnn_tui.engine.rerun import begin, checkpoint_before
from cnn_tui.engine.resume import Changes, as_edits, new_total
from cnn_tui.engine.setup import Setup, set_up
from cnn_tui.engine.state import new_state
from cnn_tui.engine.status import current_status, first_status
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.io.files import replace_file
from cnn_tui.runs import events
from cnn_tui.runs.config import read_config
from cnn_tui.runs.events import KnownEvent, Value
from cnn_tui.runs.history import step_file
from cnn_tui.runs.layout import EVENTS, State
from cnn_tui.runs.lineage import setting_in_words
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status, encode_line, now
from cnn_tui.runs.writer import RunWriter
from cnn_tui.text import printable

_OF_GROUPS = ("nesterov", "betas", "eps", "alpha")
"""Values that the state of an optimizer holds, and that nothing else changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Where another run was."""

    run: Path
    config: RunConfig
    status: Status
    checkpoint: Checkpoint
    best: Checkpoint | None
    """That of the best evaluation until then, where the run still has it."""
    lr: float
    """The learning rate of the next update."""
    not_exact: str | None
    """Why the run may have had other last digits; None if nothing speaks for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """What is to be different in a fork."""

    settings: Sequence[Setting] = field(default=())
    """By their full keys: live values, and what the weights can go on with."""
    iterations: int | None = None
    """The new total."""
    more_iterations: int = 0
    """Added to the total, if ``iterations`` is not given."""
    name: str | None = None
    group: str | None = None


def read_past(run: Path, step: int, data_dir: Path | None, tell: Tell = nobody) -> Past:
    """Returns the state of a run after ``step``, replayed where it is not kept.

    Writes nothing into the run. It draws torch's random numbers: nothing may be trained
    in this process. ``tell`` hears what is done, and may raise to end it.

    Raises:
        InputError: if the run has no such update, or its data or device are not there.
    """
    reader, name = read_all(run), printable(run.name)
    text, status = reader.config_text(), reader.status()
    if status is None:
        raise RunDirectoryError(f"{name} has no status.json: it cannot be forked")
    checkpoint = checkpoint_before(run, text, step)
    first = checkpoint.step if checkpoint else 0
    last = max(last_row_step(reader), first)
    if step > last:
        raise InputError(f"{name} has no update {step:,}: it has done {last:,}")
    do, comparison = begin(run, reader, checkpoint, data_dir, tell)

    def replayed(done: int, total: int) -> None:
        if step > first and done % 100 == 0:
            tell(f"replaying {name}: {done:,} of {step - first:,} updates")

    go_to(do, step, replayed, evaluates=True)
    state = do.books.checkpoint()
    best = state.best and checkpoint_before(run, text, state.best.step)
    return Past(
        run=run,
        config=read_config(run),
        status=status,
        checkpoint=msgspec.structs.replace(
            state, training_seconds=_seconds_at(reader, step), pause_at_step=None
        ),
        best=best if best and state.best and best.step == state.best.step else None,
        lr=do.trainer.rates.at(step + 1),
        not_exact="; ".join(reasons_against(run, do, comparison)) or None,
    )


def make_fork(
    past: Past, wanted: Fork, data_dir: Path | None, tell: Tell = nobody
) -> Path:
    """Makes a run beside its parent that stands where that was; returns its directory.

    Raises:
        InputError: if the weights cannot go on so; nothing is left behind then.
    """
    live = [it for it in wanted.settings if edits.live_name(it[0]) is not None]
    others = [it for it in wanted.settings if edits.live_name(it[0]) is None]
    config = forked(past.config, others, printable(past.run.name))
    made = _edits(past, config, wanted, live)
    setup = set_up(config, data_dir, tell)
    lineage = Lineage(
        parent=past.run.name,
        step=past.checkpoint.step,
        changed=_told(wanted.settings, made),
        group=wanted.group,
    )
    config = setup.config.model_copy(update={"lineage": lineage, "study": None})
    begun = _Beginning()
    do = _standing_at(past, setup, to_yaml(config), begun, others)
    if wanted.settings:  # what is new has all the patience
        do.state.results.evaluations_since_best = 0
    beginning = Save(also_as=(step_file(do.step),))
    do.perform([*edits.as_actions(made), beginning])
    if past.not_exact is not None:
        reason = f"not bit-exact: {past.not_exact}"
        begun.event(events.NotBitExact(at=now(), step=do.step, reason=reason))
    return _write(past, setup, config, do, begun, _name(past, wanted))


class _Beginning(Journal):
    """A journal that keeps in memory what a run is to begin with."""

    def __init__(self) -> None:
        self.events: list[KnownEvent] = []
        self.saved: list[Checkpoint] = []

    def event(self, event: KnownEvent) -> None:
        self.events.append(event)

    def checkpoint(
        self, checkpoint: Checkpoint, also_as: Sequence[str], *, good: bool
    ) -> None:
        self.saved = [checkpoint]

    def fill(self, run: Path, best: Checkpoint | None) -> None:
        """Writes it into a run that is being made. Raises OSError."""
        [checkpoint] = self.saved
        if best is not None:
            text = checkpoint.config
            write_best(run, msgspec.structs.replace(best, config=text))
        save_checkpoint(run, checkpoint, [step_file(checkpoint.step)])
        lines = b"".join(map(encode_line, self.events))
        replace_file(run / EVENTS, lines, durable=True)


def _edits(
    past: Past, config: RunConfig, wanted: Fork, live: list[Setting]
) -> list[tuple[str, Value]]:
    """Returns the live values as edits, as a resume would make them.

    Raises:
        InputError: if one cannot hold, or there is nothing left to do.
    """
    recorded = RecordedRun(
        path=past.run,
        config=config,
        config_text="",
        status=past.status,
        start=FoundCheckpoint(checkpoint=past.checkpoint, problems=()),
        last_row_step=past.checkpoint.step,
        environment={},
    )
    changes = Changes(
        iterations=wanted.iterations,
        more_iterations=wanted.more_iterations,
        settings=live,
    )
    planned = recorded.total_steps
    total = new_total(recorded, changes, planned)
    made = as_edits(recorded, changes, total, {}, is_longer=total > planned)
    return [*made, *([(edits.TOTAL_STEPS, total)] if total != planned else [])]


def _standing_at(
    past: Past,
    setup: Setup,
    text: str,
    journal: Journal,
    settings: Sequence[Setting],
) -> Interpreter:
    """Returns a training that stands where the parent was, with its own config."""
    do = Interpreter(
        Books(
            new_state(setup.config),
            setup.trainer,
            setup.splits,
            journal,
            config_text=text,
            stopwatch=setup.stopwatch,
            interrupts=Interrupts(),
        )
    )
    best = None if has_other_images(settings) else past.checkpoint.best
    guard = msgspec.structs.replace(past.checkpoint.guard, halted_before=None)
    do.restore(msgspec.structs.replace(past.checkpoint, best=best, guard=guard))
    optimizer = setup.config.training.optimizer
    for key, _ in settings:
        if (name := key.removeprefix("training.optimizer.")) in _OF_GROUPS:
            do.trainer.set_optimizer_value(name, getattr(optimizer, name))
    return do


def _write(
    past: Past,
    setup: Setup,
    config: RunConfig,
    do: Interpreter,
    begun: _Beginning,
    name: str,
) -> Path:
    """Makes the directory; it has its name once all of it is there."""
    state = do.state
    state.phase, state.last_checkpoint_step = State.INTERRUPTED, do.step
    identity = first_status(config, name=name, preset=past.status.preset)
    seconds = past.checkpoint.training_seconds
    status = current_status(identity, state, do.step, seconds)
    writer = RunWriter.create(
        past.run.parent,
        name=name,
        config_text=begun.saved[0].config,
        status=status,
        corrections=setup.splits.corrections,
        fill=partial(begun.fill, best=past.best if state.results.best else None),
    )
    writer.close()
    return writer.path


def _told(
    settings: Sequence[Setting], made: Sequence[tuple[str, Value]]
) -> dict[str, Any]:
    """Returns what was changed, less what a path of pictures takes away."""
    told = {
        key: value
        for key, value in settings
        if value is not None or not key.startswith("dataset.")
    }
    return told | {name: value for name, value in made if name == edits.TOTAL_STEPS}


def _name(past: Past, wanted: Fork) -> str:
    values = (setting_in_words(key, value) for key, value in wanted.settings)
    return wanted.name or " ".join([past.status.name or past.run.name, *values])


def _seconds_at(reader: RunReader, step: int) -> float:
    """Returns the seconds of training up to ``step``, as the rows tell them."""
    place = int(reader.train["step"].searchsorted(step, "right"))
    return float(reader.train["time"][place - 1]) if place else 0.0
