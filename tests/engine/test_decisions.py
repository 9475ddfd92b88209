"""What the guard and commands decide: tables, without any training."""

import pytest

from cnn_tui.engine.actions import (
    Action,
    Diagnose,
    Edit,
    End,
    Evaluate,
    Pause,
    Reject,
    RollBack,
    RunTo,
    Save,
    Skip,
    Unpause,
)
from cnn_tui.engine.commands import Standing, decide
from cnn_tui.engine.guard import GuardMemory, is_good, verdict
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.state import RunState, new_state
from cnn_tui.runs import orders
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Command, Rejected
from cnn_tui.runs.orders import AnyOrder
from tests.engine.making import make_config

BAD_STEP = 8
FAILED = End(outcome=Outcome(state=State.FAILED, reason="non_finite"))
BACK = RollBack(lr=0.5 * 0.1, by_guard=True)


@pytest.mark.parametrize(
    ("policy", "memory", "decided"),
    [
        ("ignore", GuardMemory(), [Diagnose(), Skip()]),
        ("ignore", GuardMemory(last_skipped=7), [Skip()]),
        ("ignore", GuardMemory(last_skipped=6), [Diagnose(), Skip()]),
        ("pause", GuardMemory(), [Diagnose(), Pause(reason="non_finite")]),
        ("pause", GuardMemory(halted_before=8), [Skip()]),
        (
            "pause",
            GuardMemory(halted_before=7),
            [Diagnose(), Pause(reason="non_finite")],
        ),
        ("stop", GuardMemory(), [Diagnose(), FAILED]),
        ("stop", GuardMemory(halted_before=8), [Skip()]),
        ("rollback", GuardMemory(), [Diagnose(), BACK]),
        ("rollback", GuardMemory(rollbacks=2), [Diagnose(), BACK]),
        ("rollback", GuardMemory(rollbacks=3), [Diagnose(), FAILED]),
    ],
)
def test_what_becomes_of_a_bad_update(
    policy: str, memory: GuardMemory, decided: list[Action]
) -> None:
    assert verdict(policy, memory, BAD_STEP, 0.5) == decided


def test_weights_are_good_but_where_the_guard_stopped_or_the_loss_exploded() -> None:
    assert not is_good(GuardMemory(halted_before=8), 7)
    assert is_good(GuardMemory(halted_before=8), 8)
    assert is_good(GuardMemory(), 7)
    assert not is_good(GuardMemory(explosion_limit=4.6), 7)


@pytest.fixture
def state() -> RunState:
    """A run of 20 updates, 10 an epoch."""
    return new_state(make_config(schedule={"name": "cosine"}))


def decided(
    order: AnyOrder, state: RunState, *, step: int = 7, can_hand_over: bool = True
) -> Action:
    """Returns what is decided where the rate is 0.5."""
    standing = Standing(step=step, lr=0.5, can_hand_over=can_hand_over)
    return decide(Command(id="c", order=order), state, standing)


@pytest.mark.parametrize(
    ("order", "action"),
    [
        (orders.Pause(), Pause(command_id="c")),
        (orders.Resume(), Unpause(command_id="c")),
        (orders.StepBatches(count=3), RunTo(step=10, command_id="c")),
        (orders.StepBatches(count=99), RunTo(step=20, command_id="c")),
        (orders.FinishEpoch(), RunTo(step=10, command_id="c")),
        (orders.Evaluate(), Evaluate(command_id="c")),
        (
            orders.SaveCheckpoint(),
            Save(also_as=("step-00000007.pt",), command_id="c"),
        ),
        (orders.Stop(), End(outcome=Outcome(state=State.STOPPED, command_id="c"))),
        (
            orders.SetValue(name="lr", value=0.1),
            Edit(name="lr", value=0.1, command_id="c"),
        ),
        (orders.RollBack(lr=0.2), RollBack(lr=0.2, command_id="c")),
        (orders.RollBack(), RollBack(lr=0.5 * 0.1, command_id="c")),
    ],
)
def test_what_a_command_means(order: AnyOrder, action: Action, state: RunState) -> None:
    assert decided(order, state) == action


@pytest.mark.parametrize("command", orders.COMMANDS)
def test_every_command_means_something(command: str) -> None:
    samples = {"name": "lr", "value": 0.1, "steps": 5}
    needed = [a.name for a in orders.ARGUMENTS[command] if a.is_required]
    content = orders.encode(command, {name: samples[name] for name in needed})
    action = decided(orders.decode(content), new_state(make_config()))
    assert not isinstance(action, Reject)
    answers = action.outcome if isinstance(action, End) else action
    assert answers.command_id == "c"


def test_an_epoch_from_its_boundary_is_a_whole_one(state: RunState) -> None:
    assert decided(orders.FinishEpoch(), state, step=10) == RunTo(
        step=20, command_id="c"
    )


def test_detach_leaves_the_run_as_it_stands(state: RunState) -> None:
    state.phase = State.PAUSED
    outcome = Outcome(state=State.PAUSED, handed_over=True, command_id="c")
    assert decided(orders.Detach(), state) == End(outcome=outcome)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (orders.SetValue(name="lr", value=-1), "greater than 0"),
        (orders.SetValue(name="evaluate_every", value=2.5), "whole number"),
        (orders.Extend(steps=5), "the cosine schedule ends at update 20"),
        (orders.RollBack(lr=1e999), "lr must be above 0"),
        (orders.Detach(), "already goes on in the background"),
    ],
)
def test_what_cannot_be_done_is_refused(
    order: AnyOrder, reason: str, state: RunState
) -> None:
    action = decided(order, state, can_hand_over=False)
    assert isinstance(action, Reject)
    assert reason in action.reason
    assert action.command_id == "c"


def test_rubbish_is_refused_with_its_reason(state: RunState) -> None:
    item = Rejected(id="x", reason="not a command")
    assert decide(item, state, Standing(step=7, lr=0.5)) == Reject(
        reason="not a command", command_id="x"
    )
