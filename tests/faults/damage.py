"""What may happen to a file of a run; each takes the run and the file's name in it."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

HUGE_BYTES = 2**40


def cut(run: Path, name: str, share: float = 0.5) -> None:
    """Leaves a part of it."""
    data = _content(run / name)
    overwrite(run, name, data[: int(len(data) * share)])


def flip(run: Path, name: str, share: float) -> None:
    """Changes one bit."""
    data = bytearray(_content(run / name))
    if data:
        data[int(len(data) * share)] ^= 1 << int(share * 1000) % 8
    overwrite(run, name, bytes(data))


def overwrite(run: Path, name: str, data: bytes) -> None:
    """Puts something else there; its other names keep what they had."""
    remove(run, name)
    (run / name).write_bytes(data)


def append(run: Path, name: str, data: bytes) -> None:
    """Adds something."""
    overwrite(run, name, _content(run / name) + data)


def swap(run: Path, name: str, other: str) -> None:
    """Exchanges it with another file."""
    (run / name).rename(run / "swapped")
    with suppress(FileNotFoundError):
        (run / other).rename(run / name)
    (run / "swapped").rename(run / other)


def remove(run: Path, name: str) -> None:
    """Removes it, file or folder."""
    path = run / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def link_out(run: Path, name: str) -> None:
    """Moves it out of the folder of runs and leaves a link to it."""
    outside = run.parent.parent / "outside"
    outside.mkdir(exist_ok=True)
    (run / name).rename(outside / Path(name).name)
    (run / name).symlink_to(outside / Path(name).name)


def make_folder(run: Path, name: str) -> None:
    """Puts a folder there."""
    remove(run, name)
    (run / name).mkdir()


def make_pipe(run: Path, name: str) -> None:
    """Puts a pipe there, which has no other end."""
    remove(run, name)
    os.mkfifo(run / name)


def blow_up(run: Path, name: str) -> None:
    """Makes it a tebibyte large, without taking that room."""
    data = _content(run / name)
    overwrite(run, name, data)
    os.truncate(run / name, HUGE_BYTES)


def _content(path: Path) -> bytes:
    """Returns what is there; nothing where another damage made that unreadable."""
    readable = path.is_file() and path.stat().st_size < HUGE_BYTES
    return path.read_bytes() if readable else b""
