"""What the kernel knows about a process: CPU time by thread, memory, bytes written."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

_PROC = Path("/proc")
_LIBRARIES = {
    "torch": "libtorch_cpu",
    "numpy": "_multiarray_umath",
    "pydantic": "_pydantic_core",
    "msgspec": "msgspec/_core",
    "yaml": "yaml/_yaml",
}
"""A shared object of each library: it is mapped once the library is imported."""


def thread_seconds(pid: int) -> dict[int, float]:
    """Returns the CPU seconds of every thread so far.

    From schedstat, which counts nanoseconds; the times in stat come in ticks of 10 ms.
    """
    seconds = {}
    for thread in (_PROC / str(pid) / "task").iterdir():
        with suppress(OSError):  # it has just ended
            nanoseconds = (thread / "schedstat").read_text().split()[0]
            seconds[int(thread.name)] = int(nanoseconds) / 1e9
    return seconds


def waited_seconds(pid: int) -> float:
    """Returns how long the main thread of a process has waited for a processor so far.

    Also from schedstat: it could have worked, but others did.
    """
    fields = (_PROC / str(pid) / "task" / str(pid) / "schedstat").read_text().split()
    return int(fields[1]) / 1e9


def elapsed(
    before: Mapping[int, float], after: Mapping[int, float]
) -> dict[int, float]:
    """Returns the CPU seconds of every thread between two moments."""
    return {thread: s - before.get(thread, 0.0) for thread, s in after.items()}


def memory_bytes(pid: int) -> int:
    """Returns the resident memory of a process."""
    return int(psutil.Process(pid).memory_info().rss)


def written_bytes(pid: int) -> int:
    """Returns the bytes that a process has passed to write calls."""
    fields = (_PROC / str(pid) / "io").read_text().split()
    return int(fields[fields.index("wchar:") + 1])


def libraries(pid: int) -> list[str]:
    """Returns which heavy libraries a process has loaded."""
    maps = (_PROC / str(pid) / "maps").read_text()
    return [name for name, part in _LIBRARIES.items() if part in maps]
