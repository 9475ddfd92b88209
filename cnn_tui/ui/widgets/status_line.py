"""Two lines on top: is it alive, how far, how fast, and is it learning."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import model_name
from cnn_tui.text import count, duration, percent, printable, significant
from cnn_tui.ui.curves import planned_epochs
from cnn_tui.ui.glyphs import STATE_STYLES, Glyphs
from cnn_tui.ui.widgets.lines import Lines

_LEAST_BAR_WIDTH = 8
_GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMoment:
    """A run at one moment; ``state`` is what is shown, "lost" and "silent" too."""

    status: Status
    state: str
    told: Sequence[str] = ()
    """What the run was told and has not answered: "pausing…"."""


class StatusLine(Lines):
    """State, name, progress and the numbers that matter most."""

    DEFAULT_CSS = "StatusLine { height: 2; overflow: hidden; }"

    def show_moment(self, moment: RunMoment, glyphs: Glyphs) -> None:
        """Shows a run as it is now."""
        width = self.size.width
        lines = _progress_line(moment, glyphs, width), _number_line(moment, width)
        self.show(lines)


def _progress_line(moment: RunMoment, glyphs: Glyphs, width: int) -> Content:
    status, state = moment.status, moment.state
    left = _join(
        ((f"{glyphs.state(state)} {state}", f"{STATE_STYLES.get(state, '')} bold"),),
        ((" ".join(moment.told), "$text-warning"),),
        ((_title(status), "bold"),),
        ((_steps(status), ""),),
    )
    right = _join(((_eta(moment), ""),))
    room = width - left.cell_length - right.cell_length - 2 * len(_GAP)
    if room < _LEAST_BAR_WIDTH:
        return Content.assemble(left, _GAP, right)
    fraction = status.step / status.total_steps if status.total_steps else 0.0
    full, rest = glyphs.bar_parts(fraction, room)
    bar = ((full, "$accent"), (rest, "$foreground 25%"))
    return Content.assemble(left, _GAP, *bar, _GAP, right)


def _number_line(moment: RunMoment, width: int) -> Content:
    """Returns the numbers, without the last ones where there is no room for them."""
    status = moment.status
    pairs = [
        ("loss", f"{significant(status.train_loss):<6}"),
        ("best", _best(status)),
        ("time", f"{duration(status.training_seconds):>5}"),
        ("images/s", _rate(status)),
        ("lr", "–" if status.lr is None else f"{status.lr:<6.4g}"),
        ("epoch", _epochs(status)),
    ]
    groups = [((f"{name} ", "$foreground 60%"), (text, "")) for name, text in pairs]
    while groups and (line := _join(*groups)).cell_length > width:
        groups.pop()
    return line if groups else Content()


def _join(*groups: tuple[tuple[str, str], ...]) -> Content:
    """Returns groups of (text, style) parts with gaps between, empty ones left out."""
    contents = [Content.assemble(*group) for group in groups]
    return Content(_GAP).join(content for content in contents if content.plain.strip())


def _title(status: Status) -> str:
    model, name = model_name(status), printable(status.name)
    return f"{model}/{name}" if name not in ("", model) else model


def _steps(status: Status) -> str:
    total = count(status.total_steps)
    share = 100 * status.step / status.total_steps if status.total_steps else 0
    return f"{count(status.step):>{len(total)}}/{total} {share:3.0f} %"


def _eta(moment: RunMoment) -> str:
    if moment.state != State.RUNNING:
        return ""
    return f"ETA {duration(moment.status.eta_seconds):>5}"


def _best(status: Status) -> str:
    if status.best is None:
        return "–"
    width = len(count(status.total_steps))
    return f"{percent(status.best.accuracy):>7} at {count(status.best.step):<{width}}"


def _epochs(status: Status) -> str:
    planned = planned_epochs(status)
    if planned is None:
        return "–"
    total = f"{planned:.2f}".rstrip("0").rstrip(".")
    return f"{status.epoch:>{len(f'{planned:.2f}')}.2f}/{total}"


def _rate(status: Status) -> str:
    rate = status.images_per_second
    return "–" if rate is None else f"{count(round(rate)):<7}"
