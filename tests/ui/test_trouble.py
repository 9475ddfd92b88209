"""What a screen advises when a loss is not finite or has exploded."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from cnn_tui.runs import records
from cnn_tui.runs.events import (
    Happened,
    HyperparameterChanged,
    LossExploded,
    NonFinite,
    RolledBack,
)
from cnn_tui.runs.layout import EVENTS, STATUS, State
from cnn_tui.runs.records import Status, encode_line
from cnn_tui.ui.run_view import RunView
from cnn_tui.ui.trouble import advice

_Kind = TypeVar("_Kind", bound=Happened)


def happened(kind: type[_Kind], step: int, **fields: Any) -> _Kind:
    return kind(at=records.now(), step=step, **fields)


EXPLODED = happened(LossExploded, 213, loss=8.6e14)
LOWERED = happened(HyperparameterChanged, 250, what="lr", before=1.0, after=0.1)
LONGER = happened(HyperparameterChanged, 250, what="total_steps", after=4000)
BACK = happened(RolledBack, 150, reached=300)


def viewed(run: Path, *events: Happened, **fields: Any) -> RunView:
    """Returns a run with these events."""
    known = {"state": State.RUNNING, "train_loss": 8.6e14, "last_checkpoint_step": 150}
    status = Status(started_at=records.now(), step=300, **{**known, **fields})
    (run / STATUS).write_bytes(msgspec.json.encode(status))
    (run / EVENTS).write_bytes(b"".join(map(encode_line, events)))
    view = RunView(run)
    view.poll(1.0)
    return view


def test_an_explosion_is_named_with_what_helps(tmp_path: Path) -> None:
    assert advice(viewed(tmp_path, EXPLODED)) == (
        "the loss has exploded at step 213: 8.60e+14 · g goes back to step 150 with a "
        "lower rate · u lowers the rate from here on"
    )


def test_a_checkpoint_after_the_explosion_is_not_offered(tmp_path: Path) -> None:
    advised = advice(viewed(tmp_path, EXPLODED, last_checkpoint_step=213))
    assert advised
    assert "g goes back" not in advised
    assert "u lowers the rate" in advised


@pytest.mark.parametrize(
    ("events", "fields"),
    [
        ((), {}),
        ((EXPLODED,), {"train_loss": 0.3}),
        ((EXPLODED, LOWERED), {}),
        ((EXPLODED, BACK), {}),
        ((EXPLODED,), {"state": State.FAILED}),
    ],
)
def test_there_is_no_advice_where_none_is_needed(
    tmp_path: Path, events: tuple[Any, ...], fields: dict[str, Any]
) -> None:
    assert advice(viewed(tmp_path, *events, **fields)) is None


def test_only_what_can_help_counts_as_done(tmp_path: Path) -> None:
    assert advice(viewed(tmp_path, EXPLODED, LONGER))
    assert advice(viewed(tmp_path, EXPLODED, LOWERED, happened(LossExploded, 260)))


def test_a_pause_before_a_bad_update_says_what_the_keys_do(tmp_path: Path) -> None:
    bad = happened(NonFinite, 301, what="loss")
    fields = {"state": State.PAUSED, "reason": "non_finite", "train_loss": None}
    assert advice(viewed(tmp_path, EXPLODED, bad, **fields)) == (
        "space goes on without that update · g goes back to step 150 with a lower "
        "rate · x stops"
    )
    assert advice(viewed(tmp_path, state=State.PAUSED, train_loss=0.1)) is None
