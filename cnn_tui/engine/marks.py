"""Marks in an update: when a part of it ended, and the time between them."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

Parts = dict[tuple[str, str], float]
"""Seconds by part of an update, and by layer, or "" where it is of none."""


class Mark(Protocol):
    """Is called where a part of an update ends."""

    def __call__(self, part: str, layer: str = "") -> None:
        """Says what has ended, and of which layer."""


def unmarked(part: str, layer: str = "") -> None:
    """Notes nothing: the mark of all updates that are not looked at."""


class Timeline:
    """The marks of one update.

    On the CPU a part takes what the clock says. On CUDA events are recorded among the
    kernels, and nothing waits for them before ``parts``: a part takes what the device
    takes for it, with what it waits for the host. Other devices are waited for at each
    mark.
    """

    def __init__(self, device: torch.device) -> None:
        """``begin`` is to be called before the first mark."""
        self._now, self._seconds = _clock(device)
        self._moments: list[tuple[str, str, Any]] = []

    def begin(self) -> None:
        """Begins now."""
        self._began = self._now()

    def mark(self, part: str, layer: str = "") -> None:
        """Ends a part here."""
        self._moments.append((part, layer, self._now()))

    def parts(self) -> Parts:
        """Returns what each part took in all; waits for the device."""
        parts: Parts = defaultdict(float)
        before = self._began
        for part, layer, moment in self._moments:
            parts[part, layer] += self._seconds(before, moment)
            before = moment
        return parts


@contextmanager
def layers_marked(
    layers: Iterable[tuple[str, nn.Module]], mark: Mark
) -> Iterator[None]:
    """Marks "forward" and "backward" of layers while it lasts; changes no value.

    The gradient of a layer's output is there when the layer after it has gone
    backward, that of the last one's when the loss has. What is left is of the first
    layer that has a gradient: "backward" of no layer is marked by who calls for the
    pass. A residual is what it adds to its layers: the projection and the sum.
    """
    ran: list[str] = []
    with ExitStack() as hooks:
        for name, module in layers:
            hook = module.register_forward_hook(_marking(name, ran, mark))
            hooks.callback(hook.remove)
        yield


def _marking(
    name: str, ran: list[str], mark: Mark
) -> Callable[[nn.Module, Any, Tensor], None]:
    def mark_next(after: int) -> None:
        if after < len(ran):
            mark("backward", ran[after])
        else:
            mark("loss")

    def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
        mark("forward", name)
        ran.append(name)
        after = len(ran)
        if output.requires_grad:
            output.register_hook(  # type: ignore[no-untyped-call]
                lambda gradient: mark_next(after)
            )

    return note


def _clock(
    device: torch.device,
) -> tuple[Callable[[], Any], Callable[[Any, Any], float]]:
    """Returns what takes a moment, and what tells the seconds between two."""
    if device.type == "cuda":
        return lambda: _cuda_moment(device), _cuda_seconds
    if device.type == "cpu":
        return time.perf_counter, _host_seconds
    return _waited_moment, _host_seconds


def _host_seconds(first: float, second: float) -> float:
    return second - first


def _cuda_moment(device: torch.device) -> torch.cuda.Event:
    event: torch.cuda.Event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    # That of this device: it need not be the current one.
    event.record(torch.cuda.current_stream(device))
    return event


def _cuda_seconds(first: torch.cuda.Event, second: torch.cuda.Event) -> float:
    second.synchronize()
    return float(first.elapsed_time(second)) / 1000


def _waited_moment() -> float:
    torch.accelerator.synchronize()
    return time.perf_counter()
