"""How this process manages its memory: glibc's allocator, Python's collector."""

import atexit
import ctypes
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

# The parameters of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_NEVER_TRIM_BYTES = 2**31 - 1
_HEAP_BYTES = (2**30, 2**25)
"""Blocks up to that size come from the heap; some versions refuse more than 32 MiB."""

_SHARE_FOR_IMAGES = 0.5


def bytes_for_images() -> int:
    """Returns how much of this machine's memory images may take now."""
    return int(psutil.virtual_memory().available * _SHARE_FOR_IMAGES)


def keep_freed() -> None:
    """Keeps what is freed, for the next update, rather than return it to the kernel.

    An update takes and frees some 50 MB. Mapped anew each time, those cost hundreds of
    page faults; a second arena is a second heap that shrinks and grows. So this comes
    before the first thread. Where there is no glibc nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _NEVER_TRIM_BYTES)
        any(mallopt(_M_MMAP_THRESHOLD, size_bytes) for size_bytes in _HEAP_BYTES)


def give_back() -> None:
    """Returns to the kernel, for once, what is free: after something large was read.

    Nothing is collected for that: it would take longer than any key may wait.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def begin_peak() -> int | None:
    """Returns the memory of this process in bytes, and counts its peak from here on.

    None: this system cannot tell.
    """
    give_back()
    try:
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets VmHWM
    except OSError:
        return None
    return peak_bytes()


def peak_bytes() -> int | None:
    """Returns the most memory that this process had since then; None: unknown."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


@contextmanager
def loading() -> Iterator[None]:
    """Collects nothing meanwhile; what is there afterwards is never looked at again.

    torch and what it imports are 540,000 objects. A full collection goes through all
    of them, and every thread waits meanwhile: 0.3 s, every few seconds of a dashboard.
    What nothing refers to any more is freed as ever, unless it is part of a cycle: so
    this counts once in a process, or what is open at each later start would be kept.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.collect()  # what is garbage by now would be kept, too
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def collect_seldom() -> None:
    """Suits the collector to a screen.

    Textual's rows of cells refer to themselves. At the usual rate all of the screen is
    gone through about every second, for 20 ms, when keys are pressed.
    """
    gc.set_threshold(5_000, 4, 20)


# Else triton reports, when the process ends, that its objects were never freed.
atexit.register(gc.unfreeze)
