"""From numbers to pixels."""

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

LEVELS = 10
"""Steps on each side of zero: fine enough to see, few enough to be sent over a line."""
NEGATIVE: Colour = (86, 156, 255)
ZERO: Colour = (20, 20, 24)
POSITIVE: Colour = (255, 158, 64)
MISSING: Colour = (160, 32, 160)
"""Of a value that is not finite."""


def from_image(image: "np.ndarray") -> Pixels:
    """Returns the pixels of a stored image, uint8, 1×H×W or 3×H×W."""
    colours = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)
    return _opaque(colours.astype(np.uint8))


def diverging(values: "np.ndarray", limit: float | None = None) -> Pixels:
    """Returns a map of numbers, H×W, as pixels: blue below zero, orange above.

    ``limit`` is the size that has the full colour; without it, the largest here.
    """
    values = np.asarray(values, np.float64)
    finite = np.isfinite(values)
    limit = limit_of(values) if limit is None else limit
    share = np.clip(np.where(finite, values, 0) / (limit or 1), -1, 1)
    share = (np.round(np.abs(share) * LEVELS) / LEVELS * np.sign(share))[..., None]
    ends = np.where(share < 0, NEGATIVE, POSITIVE)
    colours = ZERO + np.abs(share) * (ends - np.array(ZERO))
    colours[~finite] = MISSING
    return _opaque(colours.round().astype(np.uint8))


def limit_of(values: "np.ndarray") -> float:
    """Returns the largest distance from zero of what is finite; 0 for nothing."""
    sizes = np.abs(values[np.isfinite(values)])
    return float(sizes.max()) if sizes.size else 0.0


def share_of(values: "np.ndarray") -> Pixels:
    """Returns numbers from 0 to 1, H×W, as pixels from black to white."""
    levels = np.round(np.clip(values, 0, 1) * 2 * LEVELS) / (2 * LEVELS) * 255
    return _opaque(np.repeat(levels[..., None], 3, 2).round().astype(np.uint8))


def _opaque(colours: "np.ndarray") -> Pixels:
    alpha = np.full((*colours.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colours, alpha], 2)
