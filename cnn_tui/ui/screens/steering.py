"""The actions that steer a run, shared by whatever screen shows one."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from cnn_tui.config import RunConfig
from cnn_tui.errors import CnnTuiError
from cnn_tui.io.safe_yaml import parse_value
from cnn_tui.runs.records import Status
from cnn_tui.text import count, printable
from cnn_tui.ui import run_settings
from cnn_tui.ui.actions import ENDED, STEERING, printed
from cnn_tui.ui.commands import SentCommands
from cnn_tui.ui.run_view import RunView
from cnn_tui.ui.screens.dialogs import AskText, ChangeValues, Choose, positive_count
from cnn_tui.ui.screens.resuming import ResumeRequested
from cnn_tui.ui.sweep_requested import ask_sweep

_STEERING_NAMES = {action.name for action in STEERING}
_ENDED_NAMES = {action.name for action in ENDED}
_STEERING_KEYS = {key for action in (*STEERING, *ENDED) for key in action.key_names}
_COMMANDS = {
    "step_batches": "step",
    "finish_epoch": "epoch",
    "save_checkpoint": "checkpoint",
    "change_values": "set",
    "roll_back": "rollback",
}
"""What actions of another name send."""
ROLLBACK_FACTOR = 0.1
"""Of the learning rate, unless somebody wants another one."""


class SteeringScreen(Screen[None]):
    """A screen whose keys send commands to the mailbox of a run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        action.binding() for action in (*STEERING, *ENDED)
    ]

    class Detached(Message):
        """The person wants to leave and the run to go on."""

    def __init__(self, run: RunView) -> None:
        """Steers ``run``."""
        super().__init__()
        self.run = run
        self.commands = SentCommands(run.path)
        self.remark: str | None = None
        """Why what was asked for last was not done."""

    def action_show_sweep(self) -> None:
        """Shows the sweep that the run belongs to, or any."""
        ask_sweep(self, self.run.path)

    def show_moment(self) -> None:
        """Is called when there is something to acknowledge on the screen."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides what the run cannot do: ended ones go on, others pause or resume."""
        if action in _ENDED_NAMES:
            return self.run.has_ended and self.run.foreign is None
        if action not in _STEERING_NAMES:
            return True
        if action != "detach" and not self.run.obeys(_COMMANDS.get(action, action)):
            return False
        if action in ("pause", "resume"):
            return self.run.is_live and self.run.is_paused == (action == "resume")
        return self.run.is_live

    def on_key(self, event: events.Key) -> None:
        """Says why a key that steers does nothing where nobody would obey."""
        is_dead = (
            (not self.run.is_live or self.run.foreign is not None)
            and event.key in _STEERING_KEYS
            and event.key not in self.active_bindings
        )
        remark = _why_not(printed(event.key), self.run) if is_dead else None
        if remark != self.remark:
            self.remark = remark
            self.show_moment()

    def action_resume_run(self) -> None:
        """Goes on with a run that has ended."""
        self.post_message(ResumeRequested(self.run.path))

    def action_train_more(self) -> None:
        """Goes on with a run that has ended, for longer than planned."""
        self.post_message(ResumeRequested(self.run.path, more=True))

    def action_pause(self) -> None:
        """Stands still after this update."""
        self._tell("pausing", "pause")

    def action_resume(self) -> None:
        """Goes on."""
        self._tell("resuming", "resume")

    def action_step(self) -> None:
        """Does one update, then pauses."""
        self._tell("stepping", "step", count=1)

    def action_finish_epoch(self) -> None:
        """Goes to the end of the epoch, then pauses."""
        self._tell("going to the end of the epoch", "epoch")

    def action_evaluate(self) -> None:
        """Evaluates now."""
        self._tell("evaluating", "evaluate")

    def action_save_checkpoint(self) -> None:
        """Saves a checkpoint that is kept."""
        self._tell("saving", "checkpoint")

    def action_step_batches(self) -> None:
        """Asks how many updates to do."""
        self._ask_count("Updates", "How many updates, then pause?", "10", self._step)

    def action_extend(self) -> None:
        """Asks how many iterations to add."""
        self._ask_count("More iterations", "How many more?", "1000", self._extend)

    def action_stop(self) -> None:
        """Asks whether to end the run here."""

        def answered(key: str | None) -> None:
            if key:
                self._tell("stopping", "stop")

        self.app.push_screen(stop_question(self.run), answered)

    def action_detach(self) -> None:
        """Leaves the run to the background, if it is not there already."""
        self.post_message(self.Detached())

    def action_change_values(self) -> None:
        """Asks for new values of what can be changed now."""
        if (asked := self._live_values()) is None:
            return

        def answered(changed: dict[str, str] | None) -> None:
            for name, text in (changed or {}).items():
                self._tell(
                    f"{name} → {text}", "set", name=name, value=parse_value(text)
                )

        self.app.push_screen(ChangeValues(*asked), answered)

    def action_roll_back(self) -> None:
        """Asks for the rate with which to go on from the last checkpoint."""
        if (known := self._known()) is None:
            return
        config, status = known
        lr = float(run_settings.live_values(config, status)["lr"])
        saved = status.last_checkpoint_step
        place = "the last checkpoint" if saved is None else f"step {count(saved)}"

        def answered(text: str | None) -> None:
            if text is not None:
                self._tell(f"going back to {place}", "rollback", lr=parse_value(text))

        dialog = AskText(
            f"Go back to {place}",
            prompt="The weights of the last checkpoint, and this learning rate:",
            value=f"{lr * ROLLBACK_FACTOR:.4g}",
            check=lambda text: run_settings.live_value_problem(config, "lr", text),
        )
        self.app.push_screen(dialog, answered)

    def settle(self) -> None:
        """Takes the answers from the events that were read; refusals are shown."""
        for refusal in self.commands.settle(self.run.reader.events):
            self.notify(refusal, severity="warning", markup=False)
        if self.run.is_live and self.run.foreign is None:
            self.remark = None
        elif not self.run.is_live:
            self.commands.give_up()

    def _live_values(
        self,
    ) -> tuple[dict[str, str], Callable[[str, str], str | None]] | None:
        """Returns what can be changed now, and what checks a new value."""
        status, foreign = self.run.status, self.run.foreign
        if status is not None and foreign is not None:
            values = run_settings.foreign_live_values(foreign, status)
            return values, run_settings.number_problem
        if (known := self._known()) is None:
            return None
        config, status = known
        return (
            run_settings.live_values(config, status),
            lambda name, text: run_settings.live_value_problem(config, name, text),
        )

    def _known(self) -> tuple[RunConfig, Status] | None:
        """Returns the values of the run, or says that they cannot be read."""
        config, status = self.run.config, self.run.status
        if config is None or status is None:
            self.notify("config.yaml could not be read", severity="warning")
            return None
        return config, status

    def _ask_count(
        self, title: str, prompt: str, value: str, do: Callable[[int], None]
    ) -> None:
        def answered(text: str | None) -> None:
            if text is not None:
                do(int(text))

        dialog = AskText(title, prompt=prompt, value=value, check=positive_count)
        self.app.push_screen(dialog, answered)

    def _step(self, updates: int) -> None:
        self._tell(f"{count(updates)} updates", "step", count=updates)

    def _extend(self, updates: int) -> None:
        self._tell(f"{count(updates)} more iterations", "extend", steps=updates)

    def _tell(self, doing: str, command: str, **arguments: object) -> None:
        self.run.look()
        try:
            if self.run.is_live:
                self.commands.send(doing, command, **arguments)
            else:  # it has ended while somebody was asked
                self.remark = _why_not(doing, self.run)
        except CnnTuiError as error:
            self.notify(str(error), severity="error", markup=False)
        self.show_moment()


def _why_not(what: str, run: RunView) -> str:
    """Returns why a run cannot be told something, and which keys help."""
    if run.is_live and run.status is not None:
        listens = printable(", ".join(run.status.obeys or []) or "nothing")
        return f"{what} does nothing: this trainer listens to {listens}"
    why = f"{what} needs a run that trains, this one is {printable(run.state)}"
    if run.foreign is not None:
        return f"{why}, and another program wrote it"
    if not run.has_ended:
        return why
    resume, more = (printed(action.keys) for action in ENDED)
    return f"{why}: {resume} resumes it, {more} for longer"


def stop_question(run: RunView) -> Choose:
    """Returns the question that keeps one key from ending a training."""
    status = run.status
    at = (
        f" at step {count(status.step)} of {count(status.total_steps)}"
        if status is not None
        else ""
    )
    return Choose(
        f"Stop {run.path.name}",
        explanation=f"It is{at}. What it has learned is saved, and it can go on later.",
        choices={"x": "stop and save"},
    )
