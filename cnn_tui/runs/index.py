"""What takes long to find out about many runs: found once, kept in the user's cache."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from platformdirs import user_cache_path

from cnn_tui.io.files import Stamp, read_bounded, replace_file

_MAX_BYTES = 200_000_000
_WORTH_SAVING = 20
"""New runs, before the file is written again."""

Value = TypeVar("Value")
IsEnough = Callable[[], bool]


class Index(Generic[Value]):
    """A value for each run of a folder, for one thread that writes, and any that read.

    Attributes:
        values: What is known so far, by the name of the run.
    """

    def __init__(
        self,
        kind: str,
        folder: Path,
        value_type: type[Value],
        *,
        stamp: Callable[[Path], Stamp],
        find: Callable[[Path], Value],
        keep: Callable[[Value], Value] = lambda value: value,
    ) -> None:
        """Reads nothing yet; a value is good as long as ``stamp(run)`` is the same.

        ``keep`` returns a value that was stored as it shall be kept in memory.
        """
        self.values: dict[str, Value] = {}
        self._folder = folder
        self._path = _cache_path(kind, folder)
        self._decoder = msgspec.json.Decoder(tuple[str, Stamp, value_type])  # type: ignore[valid-type]
        self._stamp = stamp
        self._find = find
        self._keep = keep
        self._stamps: dict[str, Stamp] = {}
        self._cached: dict[str, tuple[Stamp, Value]] | None = None
        self._unsaved = 0

    def refresh(self, names: Iterable[str], is_enough: IsEnough = lambda: False) -> int:
        """Finds out what is not known of these runs; returns how many were new.

        ``is_enough`` ends it early; the rest is found the next time.
        """
        new = 0
        for name in names:
            if name not in self.values:
                if is_enough():
                    break
                self._learn(name)
                new += 1
        if self._unsaved >= _WORTH_SAVING:
            self._save()
        return new

    def forget(self, name: str) -> None:
        """Finds the value of a run again at the next refresh."""
        self.values.pop(name, None)

    def _learn(self, name: str) -> None:
        if self._cached is None:
            self._cached = self._read_cache()
        found = self._stamp(self._folder / name)
        stored = self._cached.pop(name, None)
        if stored is not None and stored[0] == found:
            value = stored[1]
        else:
            value = self._find(self._folder / name)
            self._unsaved += 1
        self._stamps[name] = found
        self.values[name] = value

    def _read_cache(self) -> dict[str, tuple[Stamp, Value]]:
        """Returns what the file has; a damaged one has nothing."""
        try:
            packed = read_bounded(self._path, _MAX_BYTES)
            lines = zlib.decompressobj().decompress(packed, _MAX_BYTES).splitlines()
            # Line by line: other threads have their turn in between.
            found = map(self._decoder.decode, lines)
            return {name: (stamp, self._keep(value)) for name, stamp, value in found}
        except (OSError, zlib.error, ValueError, RecursionError):
            return {}

    def _save(self) -> None:
        lines = b"\n".join(
            msgspec.json.encode((name, self._stamps[name], value))
            for name, value in self.values.items()
        )
        # It is only faster with the file: whoever cannot write it finds out again.
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, zlib.compress(lines, 1), shared=True)
        self._unsaved = 0


def _cache_path(kind: str, folder: Path) -> Path:
    """Returns a file for this folder of runs alone."""
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return user_cache_path("cnn-tui") / f"{kind}-{digest}.z"


def missing(index: Mapping[str, object], names: Iterable[str]) -> int:
    """Returns how many of these are not known yet."""
    return sum(name not in index for name in names)
