"""What images are brought to, and into which parts: values that are light to import."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["rgb", "grey"]
Resize = Literal["crop", "pad"]
Part = Literal["train", "validation", "test"]

MIN_IMAGE_SIZE, MAX_IMAGE_SIZE = 8, 1024
CHANNELS: dict[Mode, int] = {"rgb": 3, "grey": 1}
PARTS: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What all pictures of a set are brought to."""

    image_size: int
    """Height and width, in pixels."""
    mode: Mode
    resize: Resize
    """crop: the shorter side fits, the middle is kept; pad: the longer side fits."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return CHANNELS[self.mode], self.image_size, self.image_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Fractions:
    """How images are parted that do not come in parts."""

    test: float = 0.2
    validation: float = 0.0
    seed: int = 0
