"""A race: short runs from one state that differ in one value, side by side."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_tui.config import RunConfig, full_key
from cnn_tui.config.forking import forked
from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.io.safe_yaml import parse_value
from cnn_tui.runs.events import Value
from cnn_tui.runs.lineage import changes, read_lineage
from cnn_tui.runs.orders import LIVE_NAMES
from cnn_tui.runs.reader import RunReader, read_rows
from cnn_tui.text import printable

MAX_LANES = 12
_FACTOR = re.compile(r"[x×](\d{1,6}(?:\.\d{1,9})?)(?:/(\d{1,6}))?")
_DEFAULT = "lr=x1/3,x1,x3"


@dataclass(frozen=True, slots=True)
class Times:
    """A multiple of the value that holds."""

    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The value that the runs of a race differ in."""

    key: str
    """In full."""
    values: Sequence[Value | Times]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One run of a race, as far as it is."""

    run: Path
    value: str
    """What is its own, ``lr=0.03``; nothing where it goes on unchanged."""
    state: str
    step: int
    loss: float | None
    """The mean of the last quarter of its train rows."""
    accuracy: float | None
    """The last one of the validation set, else of the test set."""


def parse_over(text: str) -> Over:
    """Reads ``lr=0.01,x1,x3``; ``lr`` alone is a third, one and three times of it.

    Raises:
        ConfigError: if it is no live value, or a race could not be run over these.
    """
    if text == "lr":
        text = _DEFAULT
    name, equals, values = text.partition("=")
    key, texts = full_key(name.strip()), [each.strip() for each in values.split(",")]
    if key not in (full_key(live) for live in LIVE_NAMES):
        raise ConfigError(
            f"--over {printable(name)}: a race is over {' or '.join(LIVE_NAMES)}"
        )
    if not equals or not all(texts) or not 2 <= len(set(texts)) <= MAX_LANES:
        raise ConfigError(
            f"--over {printable(text)}: must be KEY=VALUE,VALUE with 2 to {MAX_LANES} "
            "values, such as lr=0.01,0.03 or lr=x1/3,x1,x3"
        )
    return Over(key=key, values=[_value(each, key) for each in dict.fromkeys(texts)])


def check_over(over: Over, config: RunConfig, source: str) -> None:
    """Makes sure that a run with this config could go on with each value.

    Raises:
        ConfigError: where it could not; ``source`` says whose config it is.
    """
    for value in over.values:
        if not isinstance(value, Times):
            forked(config, [(over.key, value)], source)


def read_lane(run: Path) -> Lane:
    """Returns how a run of a race has done.

    Raises:
        RunDirectoryError: something else is in the place of its rows.
    """
    return lane_of(read_rows(run))


def lane_of(reader: RunReader) -> Lane:
    """Returns how a run of a race is doing, as far as its rows were read.

    What cannot be read is not there.
    """
    run = reader.path
    try:
        status = reader.status()
    except RunDirectoryError:
        status = None
    losses = reader.train["loss"]
    last = losses[-max(1, len(losses) // 4) :]
    tests = reader.tests
    column = tests["validation_accuracy"]
    column = column if np.isfinite(column).any() else tests["accuracy"]
    lineage = read_lineage(run)
    own = changes(lineage) if lineage else []
    return Lane(
        run=run,
        value=" ".join(it for it in own if not it.startswith("total_steps=")),
        state=status.state if status else "unreadable",
        step=status.step if status else 0,
        loss=_finite(float(last.mean())) if len(last) else None,
        accuracy=_finite(float(column[-1])) if len(column) else None,
    )


def best_lane(lanes: Iterable[Lane]) -> Lane | None:
    """Returns the one with the highest accuracy; of equals, with the lowest loss."""
    able = [lane for lane in lanes if lane.accuracy is not None]
    return max(
        able, key=lambda it: (it.accuracy or 0.0, -_or_inf(it.loss)), default=None
    )


def _value(text: str, key: str) -> Value | Times:
    factor = _FACTOR.fullmatch(text)
    if factor is None:
        value: Value = parse_value(text)
        return value
    divisor = int(factor[2] or 1)
    if not key.endswith(".lr") or not divisor or not float(factor[1]):
        raise ConfigError(
            f"--over {printable(text)}: only lr can be multiplied, by > 0"
        )
    return Times(float(factor[1]) / divisor)


def _or_inf(loss: float | None) -> float:
    return math.inf if loss is None else loss


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
