"""What colours a terminal has."""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO


class Depth(StrEnum):
    """From the best to what is always there."""

    TRUE_COLOUR = "true"
    COLOURS_256 = "256"
    COLOURS_16 = "16"
    GREY = "grey"
    """Shaded blocks, without colours."""
    ASCII = "ascii"


AUTO = "auto"
CHOICES = (AUTO, *(depth.value for depth in Depth))


def depth_of(
    wanted: str,
    stream: TextIO,
    environment: Mapping[str, str] = os.environ,
) -> Depth:
    """Returns the depth that was asked for, or what the terminal says it can.

    NO_COLOR (no-color.org) and a stream that is no terminal mean no colours; an
    encoding other than UTF-8 means ASCII.
    """
    if wanted != AUTO:
        return Depth(wanted)
    if "utf" not in (stream.encoding or "").lower():
        return Depth.ASCII
    kind = environment.get("TERM", "")
    if environment.get("NO_COLOR") or kind in ("", "dumb") or not stream.isatty():
        return Depth.GREY
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return Depth.TRUE_COLOUR
    return Depth.COLOURS_256 if "256color" in kind else Depth.COLOURS_16
