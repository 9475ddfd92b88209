"""Where one looks in a network: a layer, a channel, a value."""

from dataclasses import dataclass
from enum import StrEnum


class Scale(StrEnum):
    """Whose largest value has the full colour."""

    UNIT = "unit"
    LAYER = "layer"
    NET = "net"


class View(StrEnum):
    """What is shown of a layer."""

    SHEETS = "sheets"
    """Its maps and its filters."""
    ZOOM = "zoom"
    """One of these, with a cursor over its values."""
    PATCHES = "patches"
    """What excites a channel most."""
    WHERE = "where"
    """Which places of the picture speak for a class."""


@dataclass(slots=True, kw_only=True)
class Sizes:
    """How much there is to move in."""

    layers: int = 1
    """The input is one of them."""
    channels: int = 1
    kernels: int = 0
    """Filters of a channel, one for each input channel; 0 for none."""
    map_size: tuple[int, int] = (1, 1)
    kernel_size: tuple[int, int] = (1, 1)
    classes: int = 1


@dataclass(slots=True, kw_only=True)
class Place:
    """Where one looks; it stays within sizes."""

    layer: int = 1
    channel: int = 0
    kernel: int = 0
    study: int = 0
    """Of the pictures that are shown instead of maps."""
    label: int | None = None
    """The class that is asked about; None is what the network says."""
    cursor: tuple[int, int] = (0, 0)
    view: View = View.SHEETS
    in_filters: bool = False
    """Whether the filters are looked at, not the maps."""
    scale: Scale = Scale.LAYER

    def fit(self, sizes: Sizes) -> None:
        """Comes back to what there is."""
        self.layer = _within(self.layer, sizes.layers)
        self.channel = _within(self.channel, sizes.channels)
        self.kernel = _within(self.kernel, max(1, sizes.kernels))
        self.in_filters = self.in_filters and sizes.kernels > 0
        height, width = sizes.kernel_size if self.in_filters else sizes.map_size
        self.cursor = _within(self.cursor[0], height), _within(self.cursor[1], width)

    def move(self, down: int, right: int, sizes: Sizes) -> None:
        """Takes an arrow key."""
        if self.view is View.ZOOM:
            self.cursor = self.cursor[0] + down, self.cursor[1] + right
        elif self.view is View.WHERE and right:
            self.label = ((self.label or 0) + right) % sizes.classes
        elif self.in_filters and sizes.kernels > 1:
            self.kernel += right
        else:
            self.channel += right
        if self.view is not View.ZOOM:
            self.layer += down
        self.fit(sizes)

    def next_scale(self) -> None:
        """Takes the next scale."""
        scales = list(Scale)
        self.scale = scales[(scales.index(self.scale) + 1) % len(scales)]


def _within(value: int, size: int) -> int:
    return min(max(value, 0), size - 1)
