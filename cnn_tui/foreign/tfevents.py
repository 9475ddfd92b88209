"""TensorBoard's event files: the scalars in them, without TensorBoard.

A file is a sequence of records (length, its checksum, an Event, its checksum), an Event
a protocol buffer: wall_time = 1, step = 2, summary = 5 {value = 1 {tag = 1,
simple_value = 2, tensor = 8}}.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cnn_tui.errors import InputError
from cnn_tui.foreign.columns import MAX_STEP, TIME, Columns
from cnn_tui.io.files import open_regular
from cnn_tui.text import printable

_MAX_RECORD_BYTES = 2**24
_CHECK_EVERY = 10_000
_HEADER, _FOOTER = struct.Struct("<Q4x"), 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TENSOR_CONTENT = 4
_LISTS = {5: "<f", 6: "<d"}
"""The fields of a tensor that list floats and doubles."""
_CONTENTS = {1: "<f", 2: "<d"}
"""By the data type of a tensor that holds them as bytes."""

Field = tuple[int, int, int | bytes]
"""Number, wire type, and value."""


def read_events(path: Path, columns: Columns, prefix: str = "") -> None:
    """Adds the scalars of an event file, their tags after ``prefix``.

    Raises:
        InputError: it does not begin as one.
        OSError: it cannot be read.
    """
    with open(open_regular(path), "rb") as file:
        for number, record in enumerate(_records(file, path, columns)):
            try:
                _take(record, columns, prefix)
            except (ValueError, struct.error) as error:
                if not number:
                    raise InputError(
                        f"{printable(path)}: is no TensorBoard event file"
                    ) from error
                columns.left_out[path.name] = f"damaged after {number:,} events"
                break
            if number % _CHECK_EVERY == 0:
                columns.check_size()


def _records(file: IO[bytes], path: Path, columns: Columns) -> Iterator[bytes]:
    """Yields the records; a last one that is not all there was still being written."""
    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        (length,) = _HEADER.unpack(header)
        if length > _MAX_RECORD_BYTES:
            columns.left_out[path.name] = f"all after a record of {length:,} bytes"
            return
        record = file.read(length + _FOOTER)
        if len(record) < length + _FOOTER:
            return
        yield record[:-_FOOTER]


def _take(event: bytes, columns: Columns, prefix: str) -> None:
    seconds, step, summaries = 0.0, 0, []
    for number, wire, value in _fields(event):
        if number == 1 and wire == _FIXED64:
            (seconds,) = struct.unpack("<d", _bytes(value))
        elif number == 2 and wire == _VARINT:
            step = int(value)
        elif number == 5 and wire == _BYTES:
            summaries.append(_bytes(value))
    for summary in summaries:
        for number, _, value in _fields(summary):
            if number == 1:
                _take_value(_bytes(value), step, seconds, columns, prefix)


def _take_value(
    data: bytes, step: int, seconds: float, columns: Columns, prefix: str
) -> None:
    tag, number = "", None
    for field, wire, value in _fields(data):
        if field == 1 and wire == _BYTES:
            tag = prefix + _bytes(value).decode(errors="replace")
        elif field == 2 and wire == _FIXED32:
            (number,) = struct.unpack("<f", _bytes(value))
        elif field == 8 and wire == _BYTES:
            number = _scalar(_bytes(value))
    if number is None or not 0 <= step <= MAX_STEP:
        columns.left_out[tag[:200]] = "is no number" if number is None else "odd steps"
        return
    series, times = columns.of(tag), columns.of(TIME)
    if series is not None and times is not None:
        series.steps.append(step)
        series.values.append(number)
        if not times.steps or times.steps[-1] != step:
            times.steps.append(step)
            times.values.append(seconds)


def _scalar(tensor: bytes) -> float | None:
    """Returns the number that a tensor is; None if it is another tensor."""
    kind, content = 0, b""
    for number, wire, value in _fields(tensor):
        if number == 1 and wire == _VARINT:
            kind = int(value)
        elif number in _LISTS and isinstance(value, bytes):
            return _unpacked(_LISTS[number], value)
        elif number == _TENSOR_CONTENT and wire == _BYTES:
            content = _bytes(value)
    return _unpacked(_CONTENTS.get(kind, ""), content)


def _unpacked(form: str, data: bytes) -> float | None:
    is_one = bool(form) and struct.calcsize(form) == len(data)
    return float(struct.unpack(form, data)[0]) if is_one else None


def _fields(data: bytes) -> Iterator[Field]:
    """Yields the fields of a protocol buffer; raises ValueError where it is none."""
    place, end = 0, len(data)
    while place < end:
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, wire, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("no wire type of a protocol buffer")
        if place + size > end:
            raise ValueError("a field is longer than its message")
        yield number, wire, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Returns a number, and the place after it."""
    value = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("a number without an end")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a field of another type than it should be")
    return value
