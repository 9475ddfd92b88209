"""One spatial dimension of a convolution or pooling: output size, formula, reach.

With input size W, kernel K, stride S, padding P and dilation D the output size is
O = ⌊(W − (D·(K−1) + 1) + 2·P)/S⌋ + 1 (torch.nn.Conv2d, "Shape"); ``ceil_mode`` rounds
up and drops a last window that would start behind the input (torch.nn.MaxPool2d).
"""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """How windows move over one dimension, counted in places of their input.

    ``extra`` is how many places a window covers beyond its first, ``step`` the distance
    from one window to the next.
    """

    extra: Fraction | int = 0
    step: Fraction | int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A window that slides along one dimension; sizes are in places of the input."""

    size: int
    kernel_size: int
    stride: int
    padding: tuple[int, int]
    dilation: int = 1
    ceil_mode: bool = False

    @property
    def reach(self) -> int:
        """The places from a window's first to its last: the kernel when dilated."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def padded_size(self) -> int:
        """The input size with the padding on both sides."""
        return self.size + sum(self.padding)

    @property
    def scan(self) -> Scan:
        """How far the windows reach and step."""
        return Scan(extra=self.reach - 1, step=self.stride)

    @property
    def output_size(self) -> int:
        """The number of windows; below 1 where not one fits."""
        return self._rounded - self._drops_last

    @property
    def formula(self) -> str:
        """The output size as a formula, filled in: "⌊(28 − 5 + 2·2)/1⌋ + 1 = 28"."""
        left, right = "⌈⌉" if self.ceil_mode else "⌊⌋"
        fraction = f"({self.size} − {self._reach_term} + {self._padding_term})"
        dropped = " − 1" if self._drops_last else ""
        quotient = f"{left}{fraction}/{self.stride}{right}"
        return f"{quotient} + 1{dropped} = {self.output_size}"

    @property
    def _rounded(self) -> int:
        slack = self.stride - 1 if self.ceil_mode else 0
        return (self.padded_size - self.reach + slack) // self.stride + 1

    @property
    def _drops_last(self) -> bool:
        last_start = (self._rounded - 1) * self.stride
        return self.ceil_mode and last_start >= self.size + self.padding[0]

    @property
    def _reach_term(self) -> str:
        if self.dilation == 1:
            return str(self.kernel_size)
        return f"({self.dilation}·({self.kernel_size} − 1) + 1)"

    @property
    def _padding_term(self) -> str:
        before, after = self.padding
        return f"2·{before}" if before == after else str(before + after)


def same_padding(kernel_size: int, dilation: int) -> tuple[int, int]:
    """Returns the padding that keeps the size at stride 1, the odd place behind."""
    total = dilation * (kernel_size - 1)
    return total // 2, total - total // 2


def adaptive_window(size: int, output_size: int) -> Fraction:
    """Returns the span whose ceiling is the size of the largest adaptive window.

    Window i covers ⌊i·size/output_size⌋ up to ⌈(i+1)·size/output_size⌉
    (torch.nn.AdaptiveAvgPool2d): size/output_size places and what the rounding down
    of its start adds, at most 1 − gcd(size, output_size)/output_size.
    """
    return Fraction(size + output_size - gcd(size, output_size), output_size)


def adaptive_scan(size: int, output_size: int) -> Scan:
    """Returns how the windows of an adaptive pooling reach and step."""
    return Scan(
        extra=adaptive_window(size, output_size) - 1, step=Fraction(size, output_size)
    )
