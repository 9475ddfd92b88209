"""Opening, reading and replacing files that someone else may have tampered with.

Nothing here follows a link (but where it says so), waits for a pipe, or depends on the
umask.
"""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
_CHUNK_BYTES = 2**20

# O_NONBLOCK: opening a named pipe must not wait for its other end.
# O_NOCTTY: a terminal that is opened must not become that of a background process.
SAFE_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


Stamp = tuple[int, ...]
"""Inode, size and time of a file: another one where it was replaced or written."""


class NotRegularError(OSError):
    """Something that is not a regular file stands where one belongs."""


def make_directory(path: Path) -> None:
    """Makes a directory that only its owner may enter; it may not exist yet."""
    path.mkdir()
    path.chmod(DIRECTORY_MODE)


def ensure_directory(path: Path) -> None:
    """Makes a directory that only its owner may enter, or closes an existing one.

    Raises:
        OSError: Its parent is missing, or something else, even a link, is in its place.
    """
    with suppress(FileExistsError):
        path.mkdir()
    with opened_directory(path) as directory:
        os.fchmod(directory, DIRECTORY_MODE)


@contextmanager
def opened_directory(path: Path) -> Iterator[int]:
    """Opens a directory, not a link to one, and yields its file descriptor."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | SAFE_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Makes new and renamed names in a directory survive a power loss."""
    with opened_directory(path) as directory:
        os.fsync(directory)


def open_regular(
    path: str | Path,
    flags: int = os.O_RDONLY,
    *,
    directory: int | None = None,
    mode: int = FILE_MODE,
) -> int:
    """Opens a regular file and returns its descriptor; the caller closes it.

    One that is made gets ``mode``, less the umask.

    Raises:
        NotRegularError: It is a link, pipe, device, socket or directory.
        OSError: It is missing or not allowed.
    """
    try:
        descriptor = os.open(path, flags | SAFE_FLAGS, mode, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ELOOP:  # its text names "too many levels"
            raise NotRegularError(errno.ELOOP, "a link", str(path)) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def open_linked(path: str | Path) -> int:
    """Opens a file of the user's own as ``open_regular``; it may be a link to one."""
    return open_regular(os.path.realpath(path, strict=True))


def stamp(path: str | Path, *, linked: bool = False) -> Stamp:
    """Returns the stamp of what is at ``path``; () if there is nothing.

    Of a link it is that of the link itself, or of what it leads to if ``linked``.
    """
    try:
        return _stamp(os.stat(path, follow_symlinks=linked))
    except OSError:
        return ()


def read_bounded(path: str | Path, max_bytes: int) -> bytes:
    """Returns the content of a regular file of at most ``max_bytes``.

    Raises:
        OSError: It is missing, not a regular file, larger, or not allowed.
    """
    return read_stamped(path, max_bytes)[0]


def read_linked(path: Path, max_bytes: int) -> bytes:
    """Returns the content of a file of the user's own, which may be a link to one.

    Raises:
        OSError, ValueError: As ``read_bounded``, or no file can have this name.
    """
    return read_bounded(os.path.realpath(path, strict=True), max_bytes)


def read_stamped(path: str | Path, max_bytes: int) -> tuple[bytes, Stamp]:
    """Returns the content of a regular file as ``read_bounded``, and its stamp.

    Over NFS a file is gone once another host has replaced it, whoever has it open: then
    the new one is read.
    """
    for is_last in (False, False, True):
        try:
            return _read_stamped(path, max_bytes)
        except OSError as error:
            if error.errno != errno.ESTALE or is_last:
                raise
    raise AssertionError("the last attempt returns or raises")


def _read_stamped(path: str | Path, max_bytes: int) -> tuple[bytes, Stamp]:
    descriptor = open_regular(path)
    try:
        found = _stamp(os.fstat(descriptor))  # first: what is written then is noticed
        return read_descriptor(descriptor, max_bytes), found
    finally:
        os.close(descriptor)


def read_descriptor(descriptor: int, max_bytes: int) -> bytes:
    """Returns all that is left in an open file, refusing more than ``max_bytes``."""
    chunks: list[bytes] = []
    left = max_bytes + 1
    # A read takes as much memory as it asks for, whatever it gets.
    while left and (chunk := os.read(descriptor, min(left, _CHUNK_BYTES))):
        chunks.append(chunk)
        left -= len(chunk)
    if not left:
        raise OSError(errno.EFBIG, f"larger than {max_bytes:,} bytes")
    return b"".join(chunks)


def read_own(descriptor: int, max_bytes: int) -> bytes:
    """Returns what is left in an open file as ``read_descriptor``, if it is ours.

    Raises:
        PermissionError: It belongs to another user.
    """
    if os.fstat(descriptor).st_uid != os.geteuid():
        raise PermissionError(errno.EACCES, "belongs to another user")
    return read_descriptor(descriptor, max_bytes)


def _stamp(found: os.stat_result) -> Stamp:
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Writes all of ``data``, however many writes that takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(
    path: Path,
    *pieces: bytes | memoryview,
    durable: bool = False,
    shared: bool = False,
) -> None:
    """Replaces the file at ``path`` by ``pieces``: a reader sees the old or the new.

    The temporary file is closed before the rename, or a full tmpfs would leave an
    empty file. ``durable`` also survives a power loss; ``shared`` is for files that
    several processes may write at once. Raises OSError and then leaves the old file
    as it was.
    """
    temporary = _temporary_name(path, shared=shared)
    with opened_directory(path.parent) as directory:
        try:
            write_new(temporary, pieces, directory, durable=durable)
            os.replace(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            remove_if_exists(temporary, directory)
            raise
        if durable:
            os.fsync(directory)


@contextmanager
def new_file(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Yields a file that is at ``path`` once all of it is written.

    It has the mode that the umask says: it is made for others to read.

    Raises:
        FileExistsError: Something is there, and is not to be overwritten.
        OSError: It cannot be written; what was there is as it was.
    """
    _refuse_existing(path, overwrite)
    temporary = _temporary_name(path, shared=True)
    with opened_directory(path.parent.resolve()) as directory:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        descriptor = open_regular(temporary, flags, directory=directory, mode=0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
            _refuse_existing(path, overwrite)
            os.replace(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            remove_if_exists(temporary, directory)


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if os.path.isdir(path) or (os.path.lexists(path) and not overwrite):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def link_file(source: Path, target: Path) -> None:
    """Gives a file a second name in its folder, in place of what has that name.

    It is a copy where the file system has no hard links. Raises OSError.
    """
    temporary = target.with_name(_temporary_name(target))
    with suppress(FileNotFoundError):
        temporary.unlink()
    try:
        os.link(source, temporary, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, temporary, follow_symlinks=False)
    os.replace(temporary, target)


def _temporary_name(path: Path, *, shared: bool = False) -> str:
    """Returns where a file is written first: one place, so that kills leave no trail.

    Where several may write at once, each needs a place of its own.
    """
    writer = f".{os.getpid()}-{threading.get_native_id()}" if shared else ""
    return f".{path.name}{writer}.tmp"


def remove_if_exists(name: str, directory: int) -> bool:
    """Removes a file (or the link itself); returns whether there was one."""
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        return False
    return True


def write_new(
    name: str,
    pieces: Iterable[bytes | memoryview],
    directory: int,
    *,
    durable: bool = False,
) -> None:
    """Writes a new file in an open directory, replacing one of that name."""
    remove_if_exists(name, directory)  # left by a writer that was killed
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = open_regular(name, flags, directory=directory)
    try:
        os.fchmod(descriptor, FILE_MODE)
        for piece in pieces:
            write_all(descriptor, piece)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
