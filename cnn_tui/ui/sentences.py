"""What the events and the end of a run are called in words."""

from pathlib import Path
from typing import assert_never

from cnn_tui.host.process import started_in
from cnn_tui.runs import events
from cnn_tui.runs.events import Event
from cnn_tui.runs.layout import LOG, LOST, State
from cnn_tui.runs.records import Status
from cnn_tui.text import count, duration, percent, printable, significant

NON_FINITE = "non_finite"


def value_text(value: object) -> str:
    """Returns a value from a file: numbers short, all else literally."""
    if isinstance(value, bool | None):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.6g}"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else significant(value)
    return printable(value)


def event_sentence(event: Event) -> str:
    """Returns an event of the log in words, without its time and step."""
    match event:
        case events.Started(device=device):
            return f"started on {printable(device)}" if device else "started"
        case events.Resumed():
            return _resumed(event)
        case events.Stepped():
            return "came to where it was to pause"
        case events.CheckpointSaved(also_as=names):
            as_what = f" as {printable(' and '.join(names))}" if names else ""
            return f"checkpoint saved{as_what}"
        case events.Evaluated():
            return _evaluated(event)
        case events.HyperparameterChanged(what=name, before=before, after=after):
            return f"{printable(name)} {value_text(before)} → {value_text(after)}"
        case events.NonFinite(what=what, layer=layer):
            place = f" in {printable(layer)}" if layer is not None else ""
            return f"{printable(what)} not finite{place}"
        case events.LossExploded(loss=loss):
            return f"loss exploded: {value_text(loss)}"
        case events.RolledBack(reached=reached):
            place = "" if reached is None else f" from step {count(reached)}"
            return f"went back{place}"
        case events.Rejected(reason=reason):
            return f"refused: {printable(reason)}"
        case events.DataNoticed(reason=reason):
            return printable(reason or "something odd about the data")
        case (
            events.Paused(reason=reason)
            | events.Interrupted(reason=reason)
            | events.Finished(reason=reason)
            | events.Failed(reason=reason)
            | events.NotBitExact(reason=reason)
            | events.GpuUnused(reason=reason)
            | events.CheckpointDamaged(reason=reason)
        ):
            return _with_reason(event.name, reason)
        case events.Unknown(details=details):
            return _with_reason(event.name, details.get("reason"))
        case events.Detached() | events.HandedOver() | events.Stopped():
            return _with_reason(event.name, None)
    assert_never(event)


def outcome(status: Status, state: str, run: Path) -> str | None:
    """Returns how a run ended and where its files are; None while it is live."""
    run = from_here(run)
    where = f"files in {printable(run)}"
    if state == LOST:
        return f"lost: its process is gone without a word · {where}"
    if state == State.FAILED:
        at = f"failed at step {count(status.step)}: {_reason(status)}"
        return f"{at} · details in {printable(run / LOG)}"
    if state in (State.FINISHED, State.STOPPED, State.INTERRUPTED):
        why = f" ({_reason(status)})" if status.reason else ""
        spent = duration(status.training_seconds)
        return f"{state}{why} at step {count(status.step)} after {spent} · {where}"
    if state == State.IMPORTED:
        return f"imported {_reason(status)} · {where}"
    if state == State.PAUSED and status.reason:
        return f"paused at step {count(status.step)}: {_reason(status)}"
    return None


def from_here(run: Path) -> Path:
    """Returns the shortest path from the folder that a person works in."""
    here = Path(started_in())
    is_within = here != Path("/") and run.is_relative_to(here)
    return run.relative_to(here) if is_within else run


def _reason(status: Status) -> str:
    if status.reason == NON_FINITE:
        return "a value is not finite"
    return printable(status.reason or "for a reason that it did not write down")


def _resumed(event: events.Resumed) -> str:
    if event.until is not None:
        return f"goes on to step {count(event.until)}"
    if event.repeats_edits is None:
        return "goes on"
    # Another process: after damage it may be far behind where the last one was.
    return f"goes on from step {count(event.step)}" if event.step else "begins anew"


def _evaluated(event: events.Evaluated) -> str:
    held_out = event.validation_accuracy
    accuracy = event.test_accuracy if held_out is None else held_out
    if accuracy is None:
        return "evaluated"
    kind = "" if held_out is None else " of the validation images"
    best = "  best" if event.best else ""
    return f"evaluated  {percent(accuracy)}{kind}{best}"


def _with_reason(name: str, reason: object) -> str:
    words = printable(name.replace("_", " "))
    if reason == NON_FINITE:
        reason = "a value is not finite"
    return words if reason is None else f"{words}: {printable(reason)}"
