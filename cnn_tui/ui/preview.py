"""A look at one run of the list: its curves, what sets it apart, what happened last."""

from dataclasses import dataclass

import numpy as np

from cnn_tui.config import RunConfig
from cnn_tui.errors import ConfigError, ForeignRunError, RunDirectoryError
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.config import read_config
from cnn_tui.runs.events import Event
from cnn_tui.runs.past_rows import PastRows, past_of
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.runs.series import Floats, Numbers, smooth
from cnn_tui.ui.run_settings import preset_values, setting_rows

READ_BUDGET_SECONDS = 0.1
"""For one look; a long run is read in several."""
POINTS = 48
"""Of a curve at most."""
_SMOOTHING_FACTOR = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A curve in short: a few values, some of them perhaps NaN."""

    values: Floats
    last_step: int = 0
    """That of the last value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What there is to say about one run."""

    run: RunSummary
    loss: Series
    accuracy: Series
    is_complete: bool
    """Whether the curves go as far as the run."""
    differences: str = ""
    """How its values differ from those of its preset: "lr 0.02 (preset 0.05)"."""
    last_event: Event | None = None


class PreviewReader:
    """Follows one run of the list; to be used by one thread at a time."""

    def __init__(self, run: RunSummary) -> None:
        """Reads what does not change: the config of the run and its preset."""
        self.path = run.path
        self._reader = RunReader(run.path)
        self._past = past_of(run.path)
        self._config: RunConfig | None = None
        self._problem = ""
        try:
            self._config = read_config(run.path)
        except ForeignRunError:
            self._problem = "written by another program"
        except (ConfigError, RunDirectoryError) as error:
            self._problem = str(error)
        self._preset = preset_values(run.status) if run.status else {}

    def read(self, run: RunSummary) -> Preview:
        """Reads on, as far as it can be read in a moment; ``run`` is as it is now."""
        reader = self._reader
        reader.poll(READ_BUDGET_SECONDS)
        if not self._past.complete:
            self._past.poll(READ_BUDGET_SECONDS)
        return Preview(
            run=run,
            loss=_loss(reader, self._past),
            accuracy=_accuracy(reader),
            is_complete=reader.complete and self._past.complete,
            differences=self._differences(run.status),
            last_event=reader.events[-1] if reader.events else None,
        )

    def _differences(self, status: Status | None) -> str:
        if self._config is None or status is None:
            return self._problem
        rows = setting_rows(self._config, self._preset, status, self._reader.events)
        found = [f"{row.name} {row.value} ({row.note})" for row in rows if row.note]
        if not self._preset:
            found.append("its preset is not there any more")
        return " · ".join(found) or "nothing differs from its preset"


def _loss(reader: RunReader, past: PastRows) -> Series:
    steps, start = reader.train["step"], past.average("loss", _SMOOTHING_FACTOR)
    smoothed, _ = smooth(steps, reader.train["loss"], _SMOOTHING_FACTOR, start)
    return _thinned(steps, smoothed)


def _accuracy(reader: RunReader) -> Series:
    held_out = reader.tests["validation_accuracy"]
    is_held_out = np.isfinite(held_out).any()
    values = held_out if is_held_out else reader.tests["accuracy"]
    return _thinned(reader.tests["step"], values)


def _thinned(steps: Numbers, values: Numbers) -> Series:
    """Returns at most ``POINTS`` of the values, evenly, the last one among them."""
    places = np.linspace(0, len(steps) - 1, min(POINTS, len(steps)))
    chosen = values[places.round().astype(int)].astype(np.float64)
    return Series(values=chosen, last_step=int(steps[-1]) if len(steps) else 0)
