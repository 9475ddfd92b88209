"""Where a run is beside its weights: plain data that decisions are made from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cnn_tui.config import RunConfig
from cnn_tui.engine.actions import Action
from cnn_tui.engine.checkpoint import Checkpoint, Overrides
from cnn_tui.engine.guard import GuardMemory
from cnn_tui.engine.outcome import Outcome
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best, EvaluationMetrics


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is still to be done; commands change it."""

    total_steps: int
    horizon: int
    """``total_steps`` when the run was created."""
    overrides: Overrides = field(default_factory=dict)
    pause_at_step: int | None = None
    ending: Outcome | None = None
    repeats: dict[int, list[Action]] = field(default_factory=dict)
    """What was done in the past of the run and is to be done again, by step."""


@dataclass(slots=True, kw_only=True)
class Results:
    """The numbers of the status."""

    lr: float | None = None
    train_loss: float | None = None
    images_per_second: float | None = None
    steps_per_second: float | None = None
    """Over all of this process's training, evaluations included."""
    progress_at: datetime | None = None
    """When the last update was reported."""
    tested: EvaluationMetrics | None = None
    """The last test row."""
    best: Best | None = None
    evaluations_since_best: int = 0

    @property
    def tested_step(self) -> int | None:
        """The last step that has a test row."""
        return self.tested.step if self.tested else None


@dataclass(slots=True, kw_only=True)
class RunState:
    """All of it; the training thread changes it, the heartbeat reads it."""

    config: RunConfig
    """With the live edits."""
    planned: RunConfig
    """Without them."""
    plan: Plan
    results: Results = field(default_factory=Results)
    guard: GuardMemory = field(default_factory=GuardMemory)
    phase: State = State.STARTING
    reason: str | None = None
    last_checkpoint_step: int | None = None
    """That of the last good checkpoint."""

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self.phase is State.PAUSED

    def state_dict(self) -> dict[str, Any]:
        """Returns the parts of a checkpoint that are kept here."""
        plan = self.plan
        return {
            "total_steps": plan.total_steps,
            "horizon": plan.horizon,
            "overrides": dict(plan.overrides),
            "pause_at_step": plan.pause_at_step,
            "best": self.results.best,
            "evaluations_since_best": self.results.evaluations_since_best,
            "guard": self.guard,
        }

    def load_state_dict(self, checkpoint: Checkpoint) -> None:
        """Takes the parts of a checkpoint, but for the edits."""
        self.plan.total_steps = checkpoint.total_steps
        self.plan.horizon = checkpoint.horizon
        self.plan.pause_at_step = checkpoint.pause_at_step
        self.results.best = checkpoint.best
        self.results.evaluations_since_best = checkpoint.evaluations_since_best
        self.guard = checkpoint.guard


def new_state(config: RunConfig) -> RunState:
    """Returns the state of a run at step 0."""
    total_steps = config.total_steps
    plan = Plan(total_steps=total_steps, horizon=total_steps)
    return RunState(config=config, planned=config, plan=plan)
