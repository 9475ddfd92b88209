"""What memory updates take, and how large a batch there is memory for."""

import gc
from collections.abc import Callable

import psutil
import torch

from cnn_tui.engine.device import is_out_of_memory, release_memory
from cnn_tui.host.memory import begin_peak, peak_bytes
from cnn_tui.preflight.messages import LargestBatch

_SHARE_OF_FREE = 0.9
"""The rest is for evaluations, and for others."""
_NEAR_ENOUGH = 8
"""A batch that is larger by one of so many parts, and does not fit, ends the search."""


class Peak:
    """The most memory that is taken from here on.

    Of a GPU it is all of this process's there, of this machine what is added.
    """

    def __init__(self, device: torch.device) -> None:
        """Frees what can be, and begins to count."""
        self._device, self._before = device, None
        gc.collect()
        release_memory()
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            self._before = begin_peak()

    def taken_bytes(self) -> int | None:
        """Returns that; None where it is unknown."""
        if self._device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self._device))
        after = peak_bytes()
        is_known = self._device.type == "cpu" and None not in (after, self._before)
        return (after or 0) - (self._before or 0) if is_known else None


def batch_by_trial(
    first: int, most: int, update: Callable[[int], object], has_time: Callable[[], bool]
) -> LargestBatch:
    """Doubles a batch until it does not fit, then halves the distance to that.

    ``update`` makes one with so many images; the ``first`` is known to fit.
    """
    fits, fails = first, most + 1
    while fits < most and fails - fits > max(1, fits // _NEAR_ENOUGH):
        if not has_time():
            return LargestBatch(images=fits, why="fits at least")
        size = min(fits * 2, most) if fails > most else (fits + fails) // 2
        if _fits(size, update):
            fits = size
        else:
            fails = size
    return LargestBatch(
        images=fits, why="is all images" if fits == most else "was tried"
    )


def _fits(size: int, update: Callable[[int], object]) -> bool:
    try:
        update(size)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        release_memory()
    return True


def batch_by_arithmetic(
    small: tuple[int, int], large: tuple[int, int], most: int
) -> LargestBatch | None:
    """Works it out from two (images, bytes); None where these tell nothing."""
    (few, few_bytes), (many, many_bytes) = small, large
    if many <= few or many_bytes <= few_bytes:
        return None
    bytes_each = (many_bytes - few_bytes) / (many - few)
    free_bytes = psutil.virtual_memory().available * _SHARE_OF_FREE
    images = few + int((free_bytes - few_bytes) / bytes_each)
    if images >= most:
        return LargestBatch(images=most, why="is all images")
    return LargestBatch(images=max(1, images), why="is worked out")
