"""What the events and the end of a run are called in words."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cnn_tui.runs.layout import LOG, LOST, State
from cnn_tui.runs.records import Event, Status
from cnn_tui.text import count, duration, percent, printable, significant

NON_FINITE = "non_finite"

Details = Mapping[str, object]


def value_text(value: object) -> str:
    """Returns a value from a file: numbers short, all else literally."""
    if isinstance(value, bool | None):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.6g}"
    if isinstance(value, int | float):
        return f"{value:,.6g}" if abs(value) < 1e6 else significant(value)
    return printable(value)


def change(details: Details) -> str:
    """Returns what was changed: "lr 0.05 → 0.02"."""
    name = printable(details.get("name"))
    return f"{name} {value_text(details.get('from'))} → {value_text(details.get('to'))}"


def non_finite(details: Details) -> str:
    """Returns which value is not finite: "gradient not finite in 4 conv2d"."""
    layer = details.get("layer")
    place = f" in layer {printable(layer)}" if layer is not None else ""
    return f"{printable(details.get('what'))} not finite{place}"


def event_sentence(event: Event) -> str:
    """Returns an event of the log in words, without its time and step."""
    details = event.details
    if details.get("outcome") == "rejected":
        return f"refused: {printable(details.get('reason'))}"
    words = _SENTENCES.get(event.event)
    return words(details) if words else _with_reason(event.event, details)


def outcome(status: Status, state: str, run: Path) -> str | None:
    """Returns how a run ended and where its files are; None while it is live."""
    run = run.relative_to(Path.cwd()) if run.is_relative_to(Path.cwd()) else run
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
    if state == State.PAUSED and status.reason:
        return f"paused at step {count(status.step)}: {_reason(status)}"
    return None


def _reason(status: Status) -> str:
    if status.reason == NON_FINITE:
        return "a value is not finite"
    return printable(status.reason or "for a reason that it did not write down")


def _evaluated(details: Details) -> str:
    held_out = details.get("validation/accuracy")
    accuracy = details.get("test/accuracy") if held_out is None else held_out
    if not isinstance(accuracy, int | float):
        return "evaluated"
    kind = "" if held_out is None else " of the validation images"
    best = "  best" if details.get("best") is True else ""
    return f"evaluated  {percent(accuracy)}{kind}{best}"


def _saved(details: Details) -> str:
    names = details.get("also_as")
    if not isinstance(names, list) or not names:
        return "checkpoint saved"
    return f"checkpoint saved as {printable(' and '.join(map(str, names)))}"


def _resumed(details: Details) -> str:
    until = details.get("until")
    return f"goes on to step {value_text(until)}" if until is not None else "goes on"


def _rolled_back(details: Details) -> str:
    reached = value_text(details.get("reached"))
    return f"went back from step {reached}, lr {value_text(details.get('lr'))}"


def _with_reason(name: str, details: Details) -> str:
    words = printable(name.replace("_", " "))
    reason = details.get("reason")
    if reason == NON_FINITE:
        reason = "a value is not finite"
    return words if reason is None else f"{words}: {printable(reason)}"


_SENTENCES: dict[str, Callable[[Details], str]] = {
    "started": lambda details: f"started on {printable(details.get('device'))}",
    "resumed": _resumed,
    "stepped": lambda _details: "came to where it was to pause",
    "checkpoint_saved": _saved,
    "evaluated": _evaluated,
    "hyperparameter_changed": change,
    NON_FINITE: non_finite,
    "loss_exploded": lambda details: (
        f"loss exploded: {value_text(details.get('loss'))}"
    ),
    "rolled_back": _rolled_back,
}
