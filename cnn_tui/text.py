"""How values are written for people: numbers, times, shapes, untrusted text.

One word for one thing, in every sentence, label and hint:

- an *update* is one step of the optimizer, on one batch: what is done, and counted;
- *step* 1,200 is the place after 1,200 updates, on an axis, in a file or in "at step";
- *iterations* are the updates planned for the whole run, as people set them;
- a *batch* is the images of one update, never a unit of time;
- an *epoch* is one pass over the training images.

Keys and columns of files keep their names: ``total_steps`` is shown as iterations.
"""

import math
import re
from collections.abc import Iterable

NOT_FINITE = "its scores are not finite: the weights have overflowed"
"""What is said of a picture instead of classes."""
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(value: object) -> str:
    """Returns one line of text with control, bidi and escape characters made visible.

    Text from files and from other people goes through here before it is shown.
    """
    return _UNPRINTABLE.sub(lambda match: f"\\x{ord(match[0]):02x}", str(value))


def significant(value: float | None, digits: int = 3) -> str:
    """Returns a number with significant digits: 0.000420, 12.3; "–" for None."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "NaN")
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if -5 <= magnitude < 6:
        return f"{value:.{max(0, digits - 1 - magnitude)}f}"
    return f"{value:.{digits - 1}e}"


def percent(fraction: float | None) -> str:
    """Returns an accuracy of 0…1 as percent with two decimals: "97.21 %".

    What is None or not a number is "–".
    """
    if fraction is None or not math.isfinite(fraction):
        return "–"
    return f"{100 * fraction:.2f} %"


def count(value: int) -> str:
    """Returns a whole number with thousands separators: "28,938"."""
    return f"{value:,}"


def quantity(value: float) -> str:
    """Returns a large number in short: "416", "1.05 M", "230 k"."""
    for factor, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= factor:
            scale = 1e3 if unit == "k" else factor
            return f"{significant(value / scale)} {unit}"
    return f"{value:,.0f}"


def mebibytes(size_bytes: float | None) -> str:
    """Returns a size in bytes as "412 MiB" or "12.4 GiB"; "–" for None."""
    if size_bytes is None:
        return "–"
    if size_bytes < 1000 * 2**20:
        return f"{size_bytes / 2**20:.0f} MiB"
    return f"{size_bytes / 2**30:,.1f} GiB"


def duration(seconds: float | None) -> str:
    """Returns a time span as "0:31", "12:05" or "3:10:00"; "–" for None."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, second = divmod(max(0, round(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def span(seconds: float) -> str:
    """Returns how long something takes: "2.7 s", "48 s", "12:05"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 99.5 else duration(seconds)


def shape(sizes: Iterable[int]) -> str:
    """Returns sizes as "16×28×28"."""
    return "×".join(str(size) for size in sizes)


def age(seconds: float) -> str:
    """Returns how long ago something was: "just now", "5 min ago", "3 days ago"."""
    for unit_seconds, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        number = int(seconds // unit_seconds)
        if number >= 1:
            plural = "s" if unit == "day" and number > 1 else ""
            return f"{number} {unit}{plural} ago"
    return "just now"
