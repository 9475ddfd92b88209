"""Python's cyclic garbage collector, kept away from what lives as long as the process.

torch and what it imports are 350,000 objects. A full collection goes through all of
them, and every thread waits meanwhile: 0.3 s, every few seconds of a live dashboard.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Collects nothing meanwhile; what is there afterwards is never looked at again.

    What nothing refers to any more is freed as ever, unless it is part of a cycle.
    """
    gc.collect()  # what is garbage by now would be kept, too
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def collect_seldom() -> None:
    """Suits the collector to a screen.

    Textual's rows of cells refer to themselves. At the usual rate all of the screen is
    gone through about every second, for 20 ms, when keys are pressed.
    """
    gc.set_threshold(5_000, 4, 20)


# Else triton reports, when the process ends, that its objects were never freed.
atexit.register(gc.unfreeze)
