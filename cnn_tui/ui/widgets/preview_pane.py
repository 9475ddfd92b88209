"""The selected run of the list in short."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from textual import events, on, work
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from cnn_tui.runs.catalog import RunSummary
from cnn_tui.text import count, percent, printable, significant
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.sentences import event_sentence
from cnn_tui.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from cnn_tui.runs.series import Floats
    from cnn_tui.ui.preview import Preview, PreviewReader

DELAY_SECONDS = 0.15
"""After the last key: whoever passes by a run does not want it read."""

_LABEL_WIDTH = 10
_LEAST_ROWS = 4
"""Of what is said in full."""
_SHORT_CURVE = 12


class PreviewPane(Lines):
    """Curves, the last event, what sets the run apart."""

    hanging_indent: int | None = _LABEL_WIDTH

    @dataclass
    class Looked(Message):
        """The run was read."""

        preview: "Preview"

    def __init__(self, glyphs: Glyphs) -> None:
        """Is empty."""
        super().__init__()
        self._glyphs = glyphs
        self._run: RunSummary | None = None
        self._preview: Preview | None = None
        self._reader: PreviewReader | None = None
        self._is_reading = False
        self._timer: Timer | None = None

    def look_at(self, run: RunSummary | None) -> None:
        """Names a run at once, and reads it if it is still looked at after a moment."""
        if self._run is None or run is None or run.path != self._run.path:
            self.set_class(run is None, "-empty")
            self.border_title = Content(printable(run.id)) if run else None
            self._preview = None
            self.show([])
        self._run = run
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(DELAY_SECONDS, self._read)

    def _read(self) -> None:
        """Reads the run, unless all of it was read and nothing has changed since."""
        shown = self._preview
        is_known = shown and shown.is_complete and shown.run == self._run
        if self._run is not None and not is_known and not self._is_reading:
            self._is_reading = True
            self._read_in_thread(self._run)

    @work(thread=True)
    def _read_in_thread(self, run: RunSummary) -> None:
        # Only here, in a thread: it may be the first to import the config models.
        from cnn_tui.ui.preview import PreviewReader

        if self._reader is None or self._reader.path != run.path:
            self._reader = PreviewReader(run)
        self.post_message(self.Looked(self._reader.read(run)))

    @on(Looked)
    def _show_preview(self, event: Looked) -> None:
        event.stop()
        self._is_reading = False
        if self._run is None or event.preview.run.path != self._run.path:
            self._read()
        else:
            self._preview = event.preview
            self._fill()

    def on_resize(self, event: events.Resize) -> None:
        """Takes the room that there is now."""
        self._fill()
        super().on_resize(event)

    def _fill(self) -> None:
        if self._preview is None:
            return
        is_short = self.size.height < _LEAST_ROWS
        self.hanging_indent = None if is_short else _LABEL_WIDTH
        lines = _shortened if is_short else _in_full
        self.show(lines(self._preview, self._glyphs))


def _in_full(preview: "Preview", glyphs: Glyphs) -> list[Content]:
    said = {
        "loss": _loss(preview, glyphs, len(preview.loss.values)),
        "accuracy": _accuracy(preview, glyphs, len(preview.accuracy.values)),
        "last": _last_event(preview),
        "differs": preview.differences,
    }
    return [
        _labelled(label.ljust(_LABEL_WIDTH - 1), text)
        for label, text in said.items()
        if text
    ]


def _shortened(preview: "Preview", glyphs: Glyphs) -> list[Content]:
    """Returns both curves in one line; each line is cut where it is too long."""
    curves = {
        "loss": _loss(preview, glyphs, _SHORT_CURVE),
        "accuracy": _accuracy(preview, glyphs, _SHORT_CURVE),
    }
    said = [_labelled(label, text) for label, text in curves.items() if text]
    differs = _labelled("differs", preview.differences)
    return [Content("   ").join(said), differs, _labelled("last", _last_event(preview))]


def _labelled(label: str, text: str) -> Content:
    return Content.assemble((f"{label} ", "$foreground 60%"), text)


def _loss(preview: "Preview", glyphs: Glyphs, cells: int) -> str:
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.log(preview.loss.values)
    curve = _curve(preview.loss.values, heights, significant, glyphs, cells)
    if not curve or preview.is_complete:
        return curve
    return f"{curve} at step {count(preview.loss.last_step)}, the rest is not read yet"


def _accuracy(preview: "Preview", glyphs: Glyphs, cells: int) -> str:
    values = preview.accuracy.values
    return _curve(values, values, percent, glyphs, cells)


def _curve(
    values: "Floats",
    heights: "Floats",
    word: Callable[[float], str],
    glyphs: Glyphs,
    cells: int,
) -> str:
    """Returns a sparkline of ``heights``, and the first and the last value in words."""
    is_known = np.isfinite(heights)
    if not is_known.any():
        return ""
    low, high = heights[is_known].min(), heights[is_known].max()
    places = np.linspace(0, len(heights) - 1, min(len(heights), cells)).round()
    fractions = [
        float(heights[place] - low) / (float(high - low) or 1.0)
        if is_known[place]
        else None
        for place in places.astype(int)
    ]
    first, last = values[is_known][[0, -1]]
    line = glyphs.sparkline(fractions, len(fractions))
    return f"{line}  {word(float(first))} → {word(float(last))}"


def _last_event(preview: "Preview") -> str:
    event = preview.last_event
    if event is None:
        return "nothing happened yet"
    at = f"{event.at:%Y-%m-%d %H:%M:%S}"
    return f"{at} at step {count(event.step)}: {event_sentence(event)}"
