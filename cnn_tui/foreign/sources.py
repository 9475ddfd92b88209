"""Which files hold the log of a run, and whose they are."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from cnn_tui.errors import CnnTuiError, InputError
from cnn_tui.foreign.columns import Columns
from cnn_tui.foreign.names import part_of
from cnn_tui.foreign.text_rows import (
    STEP_NAMES,
    column_named,
    read_csv,
    read_header,
    read_json_lines,
)
from cnn_tui.foreign.tfevents import read_events
from cnn_tui.io.files import read_bounded
from cnn_tui.io.safe_yaml import MAX_BYTES, load
from cnn_tui.text import printable

Kind = Literal["tensorboard", "csv", "lightning", "keras", "wandb"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MAX_FILES = 10_000
_EVENTS = "events.out.tfevents."
_HYPERPARAMETERS = "hparams.yaml"
_JSON_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The log of one run."""

    kind: Kind
    folder: Path
    """What it is called after, where its file has a name that many have."""
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is in a source."""

    columns: Columns
    values: Mapping[str, Any] = field(default_factory=dict)
    """Hyperparameters that lie beside it."""


def find_sources(path: Path, kind: Kind | None = None) -> list[Source]:
    """Returns the logs in a file or below a folder, by name; links are not followed.

    Raises:
        InputError: there is none, or there are too many files.
    """
    path = Path(os.path.realpath(os.path.expanduser(path)))
    files = list(_files_below(path)) if path.is_dir() else [path]
    groups: dict[tuple[Path, Kind], list[Path]] = {}
    for file in files:
        if (found := _kind_of(file, kind, is_named=file == path)) is not None:
            groups.setdefault((_belongs_to(file, found), found), []).append(file)
    if not groups:
        wanted = f" of the kind {kind}" if kind else ""
        raise InputError(
            f"{printable(path)}: there is no log{wanted} that can be imported: use "
            f"{_EVENTS}…, .csv or .jsonl files, or a folder of them"
        )
    return [
        Source(kind=found, folder=_folder(belongs), files=tuple(sorted(group)))
        for (belongs, found), group in sorted(groups.items())
    ]


def read_source(source: Source) -> Log:
    """Reads all values of a log, and the hyperparameters beside it.

    Raises:
        InputError: it cannot be read, or is not of its kind.
    """
    columns = Columns()
    for file in source.files:
        try:
            _read(file, source, columns)
        except OSError as error:
            raise InputError(
                f"{printable(file)} cannot be read: {error.strerror}"
            ) from error
    columns.measured_from_start()
    return Log(columns=columns, values=_hyperparameters(source, columns))


def _read(file: Path, source: Source, columns: Columns) -> None:
    if source.kind == "tensorboard":
        part = "" if file.parent == source.folder else f"{file.parent.name}/"
        read_events(file, columns, part)
    elif file.suffix in _JSON_LINES:
        read_json_lines(file, columns)
    else:
        read_csv(file, columns, counts_epochs=source.kind == "keras")


def _files_below(folder: Path) -> Iterator[Path]:
    count = 0
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                raise InputError(
                    f"{printable(folder)}: has more than {MAX_FILES:,} files: import "
                    "a folder further inside"
                )
            yield Path(parent, name)


def _kind_of(file: Path, wanted: Kind | None, *, is_named: bool) -> Kind | None:
    """Returns whose log a file is, None if nobody's; a named one is what is wanted."""
    if is_named and wanted:
        return wanted
    if file.name.startswith(_EVENTS):
        found: Kind | None = "tensorboard"
    elif file.suffix in _JSON_LINES:
        found = "wandb"
    else:
        found = _kind_of_table(file, is_named) if file.suffix == ".csv" else None
    # A kind that is asked for is right for whatever text it can be.
    return wanted if found not in (None, "tensorboard") and wanted else found


def _kind_of_table(file: Path, is_named: bool) -> Kind | None:
    try:
        names = read_header(file)
    except (InputError, OSError):
        return "csv" if is_named else None  # and reading it says what is wrong
    step, epoch = (column_named(names, it) for it in (STEP_NAMES, ("epoch",)))
    if file.name == "metrics.csv" and step and epoch:
        return "lightning"
    if "_step" in names:
        return "wandb"
    if epoch and not step:
        return "keras" if "loss" in names else "csv"
    return "csv" if step or is_named else None


def _belongs_to(file: Path, kind: Kind) -> Path:
    """Returns what files of one run have in common.

    TensorBoard's are those of a folder, and of the folders train and validation in it.
    """
    if kind != "tensorboard":
        return file
    return file.parent.parent if part_of(file.parent.name) else file.parent


def _folder(belongs: Path) -> Path:
    return belongs if belongs.is_dir() else belongs.parent


def _hyperparameters(source: Source, columns: Columns) -> Mapping[str, Any]:
    """Returns what ``hparams.yaml`` says, where loggers of Lightning write one."""
    path = source.folder / _HYPERPARAMETERS
    try:
        data = read_bounded(path, MAX_BYTES)
        return load(data, _HYPERPARAMETERS).value if data.strip(b" \n{}") else {}
    except FileNotFoundError:
        return {}
    except (CnnTuiError, OSError) as error:
        columns.left_out[_HYPERPARAMETERS] = printable(error)
        return {}
