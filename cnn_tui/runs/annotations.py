"""What people write about a run: note, tags, pin. The trainer knows nothing of it."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from cnn_tui.errors import NewerFormatError, RunDirectoryError
from cnn_tui.io.files import Stamp, read_stamped, replace_file, stamp
from cnn_tui.runs.layout import ANNOTATIONS, FORMAT
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.text import printable

MAX_NOTE_LENGTH = 2000
MAX_TAGS = 20
_MAX_BYTES = 64 * 2**10
_TAG = r"^[\w.:/+-]{1,40}\Z"

Tag = Annotated[str, Meta(pattern=_TAG)]


class Annotations(Struct, frozen=True, kw_only=True):
    """``annotations.json``."""

    format: int = FORMAT
    note: Annotated[str, Meta(max_length=MAX_NOTE_LENGTH)] = ""
    tags: Annotated[tuple[Tag, ...], Meta(max_length=MAX_TAGS)] = ()
    pinned: bool = False


NONE = Annotations()
_decoder = msgspec.json.Decoder(Annotations)


def read_annotations(run: Path) -> tuple[Annotations, Stamp]:
    """Returns what is written about a run, and the file's stamp.

    Nobody is kept from a run by them: damaged ones, and newer ones, are none.
    """
    if not (found := annotations_stamp(run)):
        return NONE, ()
    try:
        data, found = read_stamped(_path(run), _MAX_BYTES)
        annotations = _decoder.decode(data)
    except (OSError, *UNREADABLE):
        return NONE, found
    return (annotations if annotations.format == FORMAT else NONE), found


def annotations_stamp(run: Path) -> Stamp:
    """Returns the stamp of what is written about a run, () where nothing is."""
    return stamp(_path(run))


def annotate(run: Path, **changes: Any) -> Annotations:
    """Changes ``note``, ``tags`` or ``pinned`` of a run, live or not.

    Raises:
        NewerFormatError: The file is of another version, and is left as it is.
        RunDirectoryError: It cannot be written.
    """
    _check_format(run)
    changed = msgspec.structs.replace(read_annotations(run)[0], **changes)
    try:
        replace_file(run / ANNOTATIONS, msgspec.json.encode(changed), shared=True)
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(run / ANNOTATIONS)} cannot be written: {error.strerror}"
        ) from error
    return changed


def note_problem(text: str) -> str | None:
    """Says what is wrong with a note."""
    if len(text) > MAX_NOTE_LENGTH:
        return f"must be at most {MAX_NOTE_LENGTH:,} characters"
    return None


def tags_problem(text: str) -> str | None:
    """Says what is wrong with tags, which stand between blanks."""
    wrong = [tag for tag in text.split() if not re.match(_TAG, tag)]
    if wrong:
        return f"{printable(wrong[0])}: a tag has letters, digits and . : / + - _ alone"
    if len(set(text.split())) > MAX_TAGS:
        return f"must be at most {MAX_TAGS} tags"
    return None


def tags_of(text: str) -> tuple[str, ...]:
    """Returns the tags in a text, each once."""
    return tuple(dict.fromkeys(text.split()))


def _check_format(run: Path) -> None:
    try:
        data, _ = read_stamped(_path(run), _MAX_BYTES)
        found = msgspec.json.decode(data)["format"]
    except (OSError, *UNREADABLE, LookupError, TypeError):
        return
    if found != FORMAT:
        raise NewerFormatError(
            f"{printable(run / ANNOTATIONS)} has format {printable(found)}, this "
            f"version of cnn-tui writes format {FORMAT}: use a newer cnn-tui"
        )


def _path(run: Path) -> str:
    return os.path.join(run, ANNOTATIONS)
