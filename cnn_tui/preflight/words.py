"""Measurements in words and columns, for a table."""

from collections.abc import Sequence

from cnn_tui.config import Setting
from cnn_tui.preflight.cost import CLEARLY_LESS
from cnn_tui.preflight.messages import Facts, LargestBatch, Measured, Unmeasured
from cnn_tui.text import count, mebibytes, printable, significant, span

HEADINGS = ("", "ms/update", "images/s", "memory", "to the end", "speed")
NAME_WIDTH = 30
_NARROW_NAME = 22
_WIDTHS = (9, 8, 9, 10, 6)
_COMPILE = {
    "off": "not compiled",
    "default": "compiled",
    "reduce-overhead": "compiled, CUDA graphs",
}


def fastest(lines: Sequence[Measured]) -> int:
    """Returns which line is over first; the first, unless another is clearly so."""
    seconds = [line.total_seconds for line in lines]
    best = min(range(len(lines)), key=seconds.__getitem__)
    return best if seconds[best] < seconds[0] * CLEARLY_LESS else 0


def cells(line: Measured, first: Measured, facts: Facts) -> tuple[str, ...]:
    """Returns the columns of a line; speed is by that of the config as it is."""
    is_gpu = facts.device.startswith("cuda")
    memory = mebibytes(line.memory_bytes)
    return (
        way(line.settings),
        significant(line.cost.ms_per_update),
        count(round(line.images_per_second)),
        memory if is_gpu or line.memory_bytes is None else f"+{memory}",
        span(line.total_seconds),
        f"×{first.cost.ms_per_update / line.cost.ms_per_update:.2f}",
    )


def laid_out(columns: Sequence[str], *, is_narrow: bool = False) -> str:
    """Returns columns as one line of text, which fits into 80 cells with a frame.

    A narrow one has no memory, and fits into 60.
    """
    name, *values = columns
    padded = [f"{value:>{width}}" for value, width in zip(values, _WIDTHS, strict=True)]
    if not is_narrow:
        return f"{name:<{NAME_WIDTH}}{' '.join(padded)}"
    del padded[HEADINGS.index("memory") - 1]
    name = name if len(name) < _NARROW_NAME else f"{name[: _NARROW_NAME - 2]}… "
    return f"{name:<{_NARROW_NAME}}{' '.join(padded)}"


def heading(*, is_narrow: bool = False) -> str:
    """Returns the line above the table."""
    return laid_out(HEADINGS, is_narrow=is_narrow)


def way(settings: Sequence[Setting]) -> str:
    """Returns what a line changes: "bfloat16, 1 thread"."""
    return ", ".join(_value(*setting) for setting in settings) or "as it is"


def left_out(line: Unmeasured) -> str:
    """Returns why another way has no numbers."""
    return f"{way(line.settings):<{NAME_WIDTH}}{printable(line.reason)}"


def largest(line: LargestBatch) -> str:
    """Returns how large a batch can be."""
    images = count(line.images)
    match line.why:
        case "is all images":
            return f"memory for any batch: even of all {images} images"
        case "was tried":
            return f"memory for a batch of {images}: larger ones were tried"
        case "is worked out":
            about = count(int(float(f"{line.images:.2g}")))
            return f"memory for a batch of about {about}: worked out, not tried"
        case "fits at least":
            return f"memory for a batch of {images} at least"


def measured_with(facts: Facts) -> str:
    """Returns what was measured on, and with what."""
    return f"{facts.device} ({printable(facts.name)}), {printable(facts.images)}"


def _value(key: str, value: object) -> str:
    match key.rpartition(".")[2]:
        case "threads":
            return "1 thread" if value == 1 else f"{value} threads"
        case "compile":
            return _COMPILE.get(str(value), str(value))
    return printable(value)
