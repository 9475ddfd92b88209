"""What can be shown of a run, filtered by and sorted by: columns, by name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from cnn_tui.config import full_key, known_keys, nearest
from cnn_tui.errors import ConfigError, InputError
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.config_values import Scalar
from cnn_tui.runs.known import Known, Need
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import model_name
from cnn_tui.text import (
    age,
    count,
    duration,
    mebibytes,
    percent,
    printable,
    quantity,
    significant,
)

STEPS_WIDTH = 15


class Kind(Enum):
    """What the values of a column are."""

    TEXT = auto()
    COUNT = auto()
    NUMBER = auto()
    SHARE = auto()
    """0…1, shown as percent."""
    SECONDS = auto()
    MOMENT = auto()
    """Seconds since 1970, shown and compared as an age."""
    BYTES = auto()
    TAGS = auto()
    ANY = auto()
    """Whatever stands in a config."""


Value = Scalar | tuple[str, ...]
Find = Callable[[RunSummary, Known], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One value of each run; None where a run has none."""

    name: str
    kind: Kind
    value: Find
    width: int
    title: str = ""
    need: Need | None = None

    def text(self, run: RunSummary, known: Known, now: datetime) -> str:
        """Returns the value as it is shown, "–" for none."""
        if self.name == "step" and run.status:
            return _steps(run.status)
        value = self.value(run, known)
        if value is None or value == ():
            return "–"
        return printable(_SHOWN[self.kind](value, now))

    @property
    def heading(self) -> str:
        """The title over the column."""
        return self.title or self.name

    @property
    def is_number(self) -> bool:
        """Whether its values stand at the right."""
        return self.kind not in (Kind.TEXT, Kind.MOMENT, Kind.TAGS, Kind.ANY)

    def cell(self, text: str) -> str:
        """Returns a text in the width of the column."""
        text = text if len(text) <= self.width else f"{text[: self.width - 1]}…"
        return text.rjust(self.width) if self.is_number else text.ljust(self.width)


_SHOWN: dict[Kind, Callable[[Any, datetime], str]] = {
    Kind.TEXT: lambda value, _now: value,
    Kind.COUNT: lambda value, _now: count(round(value)),
    Kind.NUMBER: lambda value, _now: f"{value:.3g}",
    Kind.SHARE: lambda value, _now: percent(value),
    Kind.SECONDS: lambda value, _now: duration(value),
    Kind.MOMENT: lambda value, now: age(now.timestamp() - value),
    Kind.BYTES: lambda value, _now: mebibytes(value),
    Kind.TAGS: lambda value, _now: " ".join(value),
    Kind.ANY: lambda value, _now: any_text(value),
}


def any_text(value: Scalar) -> str:
    """Returns a value of a config as it is written there."""
    if isinstance(value, bool):
        return str(value).lower()
    return significant(value) if isinstance(value, float) else str(value)


def _steps(status: Status) -> str:
    text = f"{count(status.step)}/{count(status.total_steps)}"
    if len(text) <= STEPS_WIDTH:
        return text
    share = 100 * status.step / status.total_steps if status.total_steps else 0
    return f"{share:.0f} % of {quantity(status.total_steps)}"


def _of_status(find: Callable[[Status], Value]) -> Find:
    return lambda run, _known: None if run.status is None else find(run.status)


def _column(
    name: str,
    kind: Kind,
    width: int,
    find: Callable[[Status], Value],
    title: str = "",
) -> Column:
    value = _of_status(find)
    return Column(name=name, kind=kind, width=width, value=value, title=title)


def _best_accuracy(status: Status) -> Value:
    return status.best.accuracy if status.best else None


def _best_step(status: Status) -> Value:
    return status.best.step if status.best else None


_ALL = (
    _column("best", Kind.SHARE, 8, _best_accuracy),
    _column("step", Kind.COUNT, STEPS_WIDTH, lambda s: s.step),
    _column("started", Kind.MOMENT, 11, lambda s: s.started_at.timestamp(), "when"),
    _column("model", Kind.TEXT, 14, model_name),
    _column("best_step", Kind.COUNT, 9, _best_step, "at"),
    _column("lr_now", Kind.NUMBER, 7, lambda s: s.lr, "lr now"),
    _column("length", Kind.SECONDS, 8, lambda s: s.training_seconds),
    _column("dataset", Kind.TEXT, 14, lambda s: s.dataset or None),
    _column("iterations", Kind.COUNT, 10, lambda s: s.total_steps),
    _column("epoch", Kind.NUMBER, 7, lambda s: s.epoch),
    _column("test_accuracy", Kind.SHARE, 8, lambda s: s.test_accuracy, "test"),
    _column("test_loss", Kind.NUMBER, 9, lambda s: s.test_loss),
    _column(
        "validation_accuracy", Kind.SHARE, 8, lambda s: s.validation_accuracy, "valid."
    ),
    _column("validation_loss", Kind.NUMBER, 9, lambda s: s.validation_loss, "val.loss"),
    _column("train_loss", Kind.NUMBER, 10, lambda s: s.train_loss),
    _column("speed", Kind.COUNT, 8, lambda s: s.images_per_second, "images/s"),
    _column("device", Kind.TEXT, 10, lambda s: s.device),
    _column("host", Kind.TEXT, 12, lambda s: s.host),
    _column("title", Kind.TEXT, 20, lambda s: s.title or None),
    _column("reason", Kind.TEXT, 20, lambda s: s.reason),
    _column("name", Kind.TEXT, 18, lambda s: s.name or None),
    Column(name="id", kind=Kind.TEXT, width=24, value=lambda run, _known: run.id),
    Column(name="state", kind=Kind.TEXT, width=11, value=lambda run, _known: run.state),
    Column(
        name="tags",
        kind=Kind.TAGS,
        width=14,
        value=lambda run, _known: run.written.tags,
    ),
    Column(
        name="note",
        kind=Kind.TEXT,
        width=24,
        value=lambda run, _known: run.written.note or None,
    ),
    Column(
        name="pinned",
        kind=Kind.ANY,
        width=6,
        value=lambda run, _known: run.written.pinned,
    ),
    Column(
        name="disk",
        kind=Kind.BYTES,
        width=8,
        value=lambda run, known: known.disk_bytes(run),
        need="disk",
    ),
)
COLUMNS = {column.name: column for column in _ALL}
"""Those that every run has; the keys of configs are columns, too."""

DEFAULT = ("best", "step", "started", "model", "best_step", "lr_now", "length")
"""What matters most comes first; a narrow list does without the last ones."""

_ALIASES = {
    "accuracy": "best",
    "acc": "best",
    "age": "started",
    "when": "started",
    "preset": "model",
    "tag": "tags",
    "size": "disk",
    "at": "best_step",
}


class UnknownColumnError(InputError):
    """A name that no column, alias or key of a config has."""


def column_named(name: str, seen: Iterable[str] = ()) -> Column:
    """Returns the column that a name means: its own, or a key's last part.

    ``seen`` are keys of configs that other programs wrote.

    Raises:
        UnknownColumnError: It means none, or more than one.
    """
    name = name.strip()
    if (column := COLUMNS.get(_ALIASES.get(name, name))) is not None:
        return column
    others = [k for k in seen if k == name or k.endswith(f".{name}")]
    try:
        keys = [full_key(name)]
    except ConfigError as error:
        if len(ends := _ending(name)) > 1:
            raise UnknownColumnError(str(error).removeprefix("--set ")) from error
        if not (keys := ends or others):
            raise UnknownColumnError(_unknown(name)) from error
    return _of_config(name, tuple(dict.fromkeys([*keys, *sorted(others)])))


@lru_cache(maxsize=1000)
def _of_config(name: str, keys: tuple[str, ...]) -> Column:

    def value(run: RunSummary, known: Known) -> Value:
        values = known.config(run)
        found = (values.value(key) for key in keys)
        return next((value for value in found if value is not None), None)

    title = name.rpartition(".")[2]
    width = min(max(len(title), 9), 20)
    return Column(
        name=name, kind=Kind.ANY, width=width, value=value, title=title, need="config"
    )


def _ending(name: str) -> list[str]:
    return [key for key in known_keys() if key.endswith(f".{name}")]


def _unknown(name: str) -> str:
    leaves = {key.rpartition(".")[2] for key in known_keys()}
    hints = (nearest(name, known) for known in ({*COLUMNS, *_ALIASES}, leaves))
    every = f"columns are {', '.join(COLUMNS)}, and the keys of a config"
    hint = next((hint for hint in hints if not hint.startswith("known")), every)
    return f'"{printable(name)}" is unknown: {hint}'
