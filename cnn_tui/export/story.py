"""What can be told of a run: its curves, its results, and its network from inside."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnn_tui.config import RunConfig
from cnn_tui.pictures.colours import Pixels
from cnn_tui.runs.confusion import Confusion
from cnn_tui.runs.past_rows import read_past
from cnn_tui.runs.reader import RunReader, read_rows
from cnn_tui.runs.records import Status
from cnn_tui.runs.series import Metric, smooth

Floats = npt.NDArray[np.float64]

SMOOTHING = 0.9
_MOST_POINTS = 500
_COLOURS = {"train": "#2a78c2", "validation": "#2f9e5b", "test": "#d9762b"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Values by steps, both of shape (N,); what is not finite is a gap."""

    name: str
    colour: str
    steps: Floats
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Curves that share an axis."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Captioned:
    """A picture with words."""

    words: str
    pixels: Pixels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """Everything that is told; what is not known is empty, and ``notes`` say why."""

    run: Path
    status: Status
    config: RunConfig
    config_text: str
    environment: dict[str, Any]
    panels: tuple[Panel, ...]
    step: int
    """Of the weights that all below is of."""
    loss: float | None = None
    confusion: Confusion | None = None
    filters: tuple[Captioned, ...] = ()
    mistakes: tuple[Captioned, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its title, or its id where it has none."""
        return self.config.title or self.run.name


def panels_of(run: Path) -> tuple[Panel, ...]:
    """Returns loss and accuracy, training averaged, as many points as can be seen."""
    reader = read_rows(run)
    titles: dict[Metric, str] = {"loss": "loss", "accuracy": "accuracy, %"}
    panels = (
        Panel(title=title, curves=tuple(_curves(reader, metric)))
        for metric, title in titles.items()
    )
    return tuple(panel for panel in panels if panel.curves)


def _curves(reader: RunReader, metric: Metric) -> Iterator[Curve]:
    train, tests = reader.train, reader.tests
    start = read_past(reader.path).average(metric, SMOOTHING)
    smoothed, _ = smooth(train["step"], train[metric], SMOOTHING, start)
    for name, steps, values in (
        ("train", train["step"], smoothed),
        ("validation", tests["step"], tests[f"validation_{metric}"]),
        ("test", tests["step"], tests[metric]),
    ):
        if np.isfinite(values).any():
            most = min(_MOST_POINTS, len(steps))
            kept = np.unique(np.linspace(0, len(steps) - 1, most).astype(int))
            yield Curve(
                name=name,
                colour=_COLOURS[name],
                steps=steps[kept].astype(np.float64),
                values=values[kept] * (100.0 if metric == "accuracy" else 1.0),
            )
