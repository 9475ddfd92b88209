"""One run from its first update to its end: when what is due is done.

Rows are read out, then decisions are made (by the plan, the guard, commands), then
the interpreter performs them, in the order of the run directory's format.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cnn_tui.engine import guard, stopping
from cnn_tui.engine.actions import Action, Evaluate, Pause, Save
from cnn_tui.engine.books import REMOVED
from cnn_tui.engine.commands import Standing, decide, handed_over
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.errors import TrainingError
from cnn_tui.runs import events
from cnn_tui.runs.events import KnownEvent
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Command, Rejected
from cnn_tui.runs.records import now

REPORT_SECONDS = 0.1
LISTEN_SECONDS = 0.05
COMMANDS_AT_ONCE = 64
"""Taken from the mailbox at one boundary, so that no flood holds up the training."""

Mailbox = Callable[[int], Iterable[Command | Rejected]]
"""Takes at most so many commands, one at a time; raises OSError if it is gone."""


class Session:
    """Trains one run. Every method is for the training thread alone."""

    def __init__(
        self,
        interpreter: Interpreter,
        interrupts: Interrupts,
        mailbox: Mailbox = lambda most: (),
    ) -> None:
        """Goes on where the interpreter stands."""
        self._do = interpreter
        self._state = interpreter.state
        self._interrupts = interrupts
        self._mailbox = mailbox
        self._listened_at = 0.0

    def train(self) -> Outcome:
        """Trains until the run ends by itself, by a command or by an interruption.

        Raises:
            TrainingError: if it cannot go on.
        """
        while (outcome := self.boundary()) is None:
            self.update()
        return outcome

    def update(self) -> None:
        """Makes the next update, or does what the guard decides instead."""
        trainer = self._do.trainer
        if self._is_planned(trainer.step + 1):
            self._do.books.prepare_checkup()
        profiler = self._do.books.profiler
        if profiler.update() if profiler.is_armed else trainer.update():
            return
        self._do.report()
        policy = self._state.config.training.on_non_finite
        bad_step = trainer.step + 1
        lr = trainer.rates.at(bad_step)
        self._do.perform(guard.verdict(policy, self._state.guard, bad_step, lr))

    def boundary(self) -> Outcome | None:
        """Does what is due between two updates, in the order of the format."""
        do, books, plan = self._do, self._do.books, self._state.plan
        if self._report_is_due():
            do.report()  # which may find that training has to go back
        if self._evaluation_is_due():
            do.perform([Evaluate()])
            books.check_up()
            do.perform(self._is_enough())
        if self._checkpoint_is_due():
            do.perform([Save()])
            if do.step == 0:
                books.keep()
        books.with_room(do.journal.check)
        if do.step in plan.repeats:
            do.report()
            do.perform(plan.repeats.pop(do.step, ()))
        self._listen()
        if do.step == plan.pause_at_step:
            self._arrive()
        while self._state.is_paused and plan.ending is None:
            time.sleep(LISTEN_SECONDS)
            self._listen()
        if plan.ending is None and do.step >= plan.total_steps:
            return Outcome(state=State.FINISHED)
        return plan.ending

    def settle(self, outcome: Outcome) -> None:
        """Writes the last checkpoint, and the model where the training is over.

        Raises:
            TrainingError: if that is not possible.
        """
        do, books = self._do, self._do.books
        do.report()
        if not outcome.handed_over:
            self._state.phase = State.STOPPING
            books.publish()
        if books.saved_step != do.step:
            do.perform([Save()])
        books.keep()
        if outcome.state in (State.FINISHED, State.STOPPED):
            network, config = do.trainer.evaluated, self._state.config
            books.with_room(lambda: do.journal.model(network, config, do.step))

    def announce(self, outcome: Outcome) -> None:
        """Writes the last event and the last status: the truth about the end."""
        do, books = self._do, self._do.books
        books.stopwatch.stop()
        books.write_profile()
        if not outcome.handed_over:
            do.journal.release_reserve()
            self._state.phase, self._state.reason = outcome.state, outcome.reason
        do.journal.event(_last_event(outcome, do.step))
        do.journal.sync()
        books.publish()

    def _arrive(self) -> None:
        """Pauses where it was to, unless reading the rows out led back before that."""
        do, step = self._do, self._do.step
        do.report()
        if do.step == step:
            do.journal.event(events.Stepped(at=now(), step=step))
            do.perform([Pause()])

    def _is_enough(self) -> Iterable[Action]:
        state = self._state
        if self._do.step >= state.plan.total_steps:
            return []
        patience = state.config.training.early_stopping_patience
        return stopping.verdict(patience, state.results.evaluations_since_best)

    def _report_is_due(self) -> bool:
        return (
            self._do.books.speed.seconds_since_report >= REPORT_SECONDS
            or self._evaluation_is_due()
            or self._checkpoint_is_due()
        )

    def _evaluation_is_due(self) -> bool:
        step, state = self._do.step, self._state
        # What was due at a checkpoint's step was done before it was written.
        return self._is_planned(step) and step not in (
            0,
            self._do.restored_step,
            state.results.tested_step,
        )

    def _is_planned(self, step: int) -> bool:
        """Whether an evaluation follows update ``step``."""
        state = self._state
        every = state.config.training.evaluate_every
        return step % every == 0 or step == state.plan.total_steps

    def _checkpoint_is_due(self) -> bool:
        books, every = self._do.books, self._state.config.training.checkpoint_every
        if books.saved_step is None:
            return True  # before the first update
        if isinstance(every, str):
            return time.monotonic() - books.saved_at >= float(every.removesuffix("s"))
        return books.step % every == 0 and books.saved_step != books.step

    def _listen(self) -> None:
        """Obeys what this process and the mailbox ask for."""
        plan, time_now = self._state.plan, time.monotonic()
        if plan.ending is None:
            plan.ending = self._asked_by_process()
        if plan.ending or time_now - self._listened_at < LISTEN_SECONDS:
            return
        self._listened_at = time_now
        try:
            self._do.perform(self._decisions())
        except OSError as error:
            if self._do.journal.is_removed():
                raise TrainingError(REMOVED) from error
            # A shared disk may not answer for a moment: what was sent waits there.

    def _decisions(self) -> Iterator[Action]:
        """Yields what is to be done about each command, up to one that ends the run.

        The next one is decided on when the one before was performed. What was not taken
        stays for whoever goes on with the run, or for the next boundary.
        """
        taken = 0
        for item in self._mailbox(COMMANDS_AT_ONCE):
            if not taken:
                self._do.report()
            taken += 1
            yield decide(item, self._state, self._standing())
            if self._state.plan.ending:
                return
        if taken == COMMANDS_AT_ONCE:
            self._listened_at = 0.0

    def _standing(self) -> Standing:
        trainer = self._do.trainer
        return Standing(
            step=trainer.step,
            lr=trainer.rates.at(trainer.step + 1),
            can_hand_over=self._interrupts.can_hand_over,
        )

    def _asked_by_process(self) -> Outcome | None:
        orphaned = self._do.trainer.team.orphaned()
        if reason := self._interrupts.interrupted_by or orphaned:
            return Outcome(state=State.INTERRUPTED, reason=reason)
        if self._interrupts.handing_over:
            return handed_over(self._state)
        return None


def _last_event(outcome: Outcome, step: int) -> KnownEvent:
    here: dict[str, Any] = {"at": now(), "step": step}
    if outcome.command_id is not None:
        here |= {"command_id": outcome.command_id, "outcome": "done"}
    if outcome.handed_over:
        return events.Detached(**here)
    match outcome.state:
        case State.FINISHED:
            return events.Finished(reason=outcome.reason, **here)
        case State.STOPPED:
            return events.Stopped(**here)
        case State.INTERRUPTED:
            return events.Interrupted(reason=outcome.reason, **here)
        case _:
            return events.Failed(reason=outcome.reason, **here)
