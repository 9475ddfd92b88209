"""Fetching a file: gone on with where it broke off, and there only once it is right."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cnn_tui.io.files import open_regular

Told = Callable[[int, int | None], None]
"""Hears how many bytes of how many (None: unknown) are there; may raise to end it."""

_MAX_BYTES = 2**33
_CHUNK_BYTES = 2**18
_SILENT_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_SHARED_MODE = 0o666  # less the umask: others may use the folder, too


def fetch(urls: Sequence[str], path: Path, md5: str, tell: Told) -> None:
    """Puts a file in its place, from the first URL that has it, unless it is there.

    What has come so far is kept beside it, as ``.part``, for the next attempt of
    whatever process; one that fetches it at the same time is waited for.

    Raises:
        OSError: if it cannot be had, with what is wrong with each URL, or written.
    """
    if has_md5(path, md5):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    reasons = []
    with _alone(part, tell) as file:
        if has_md5(path, md5):  # of another process
            return
        for url in urls:
            try:
                _fetch_from(url, file, md5, tell)
            except (OSError, HTTPException) as error:
                reasons.append(f"{url}: {_why(error)}")
            else:
                os.replace(part, path)
                return
    raise OSError("; ".join(reasons))


def has_md5(path: Path, md5: str) -> bool:
    """Tells whether a file is there and is the right one."""
    with (
        suppress(OSError),
        open(open_regular(os.path.realpath(path)), "rb") as file,
    ):
        return _md5(file) == md5
    return False


@contextmanager
def _alone(part: Path, tell: Told) -> Iterator[BinaryIO]:
    """Opens what has come so far once no other process has it; leaves nothing empty."""
    while True:
        descriptor = open_regular(part, os.O_RDWR | os.O_CREAT, mode=_SHARED_MODE)
        with open(descriptor, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell(_size(file), None)
                time.sleep(_LOOK_SECONDS)
                continue
            if not _is_at(part, file):  # whoever had it is through with it
                continue
            try:
                yield file
            finally:
                if _size(file) == 0:
                    part.unlink()
            return


def _fetch_from(url: str, file: BinaryIO, md5: str, tell: Told) -> None:
    is_begun = _size(file) > 0
    while not _read_on(url, file, tell):
        pass
    if (found := _md5(file)) == md5:
        return
    file.truncate(0)
    if not is_begun:
        raise OSError(f"its MD5 is {found}, not {md5}")
    _fetch_from(url, file, md5, tell)  # the beginning may have been that of another


def _read_on(url: str, file: BinaryIO, tell: Told) -> bool:
    """Appends what a connection brings; returns whether that is the end of the file.

    Raises:
        OSError, HTTPException: if it breaks off and has brought nothing new.
    """
    had_bytes = _size(file)
    headers = {"User-Agent": "cnn-tui"}
    if had_bytes:
        headers["Range"] = f"bytes={had_bytes}-"
    try:
        with urlopen(Request(url, headers=headers), timeout=_SILENT_SECONDS) as answer:
            return _append(answer, file, tell)
    except HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True  # there is no more of it
        raise
    except (OSError, HTTPException):
        if _size(file) <= had_bytes:
            raise
        return False


def _append(answer: HTTPResponse, file: BinaryIO, tell: Told) -> bool:
    if answer.status != HTTPStatus.PARTIAL_CONTENT:  # it is the whole file
        file.truncate(0)
    done = file.seek(0, os.SEEK_END)
    total = None if answer.length is None else done + answer.length
    tell(done, total)
    while chunk := answer.read1(_CHUNK_BYTES):
        file.write(chunk)
        done += len(chunk)
        if done > _MAX_BYTES:
            raise OSError(f"larger than {_MAX_BYTES:,} bytes")
        tell(done, total)
    if total is not None and done < total:
        raise OSError(f"broke off at byte {done:,} of {total:,}")
    return True


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"{error.code} {error.reason}"
    reason = getattr(error, "reason", error)
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _md5(file: BinaryIO) -> str:
    file.seek(0)
    md5 = hashlib.md5(usedforsecurity=False)
    while chunk := file.read(_CHUNK_BYTES):
        md5.update(chunk)
    return md5.hexdigest()


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _is_at(path: Path, file: BinaryIO) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.lstat(path), os.fstat(file.fileno()))
    return False
