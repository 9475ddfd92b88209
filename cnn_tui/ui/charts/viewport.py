"""Which part of the x axis is shown: zoom and pan, as functions of limits."""

from cnn_tui.ui.charts.data import Limits

_DEEPEST = 1e-4  # of the whole axis


def zoomed(view: Limits, whole: Limits, *, factor: float, centre: float) -> Limits:
    """Returns ``view`` with ``factor`` times its width; ``centre`` stays in place."""
    full = whole[1] - whole[0]
    width = view[1] - view[0]
    new_width = min(full, max(_DEEPEST * full, width * factor))
    share = (centre - view[0]) / width
    return _placed(centre - share * new_width, new_width, whole)


def panned(view: Limits, whole: Limits, *, share: float) -> Limits:
    """Returns ``view`` moved right by a share of its width, as far as there is room."""
    width = view[1] - view[0]
    return _placed(view[0] + share * width, width, whole)


def showing(x: float, view: Limits, whole: Limits) -> Limits:
    """Returns ``view`` moved by no more than it takes to have ``x`` in it."""
    width = view[1] - view[0]
    low = min(max(view[0], x - width), x)
    return _placed(low, width, whole)


def _placed(low: float, width: float, whole: Limits) -> Limits:
    """Returns limits of that width from ``low`` on, or the nearest inside ``whole``."""
    if width >= whole[1] - whole[0]:
        return whole
    low = max(whole[0], min(low, whole[1] - width))
    return low, low + width
