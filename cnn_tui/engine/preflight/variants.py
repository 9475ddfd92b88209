"""The other ways to compute a config on a device: each changes one value of it."""

from collections.abc import Iterator, Sequence

import torch

from cnn_tui.config import RunConfig, Setting
from cnn_tui.engine.network import MEMORY_FORMATS
from cnn_tui.engine.numerics import precisions
from cnn_tui.host.hardware import core_count
from cnn_tui.preflight.cost import CLEARLY_LESS
from cnn_tui.preflight.messages import Measured


def variants(config: RunConfig, device: torch.device) -> Iterator[Setting]:
    """Yields what else is possible there; ``config`` has all decided."""
    training = config.training
    possible: dict[str, Sequence[str | int]] = {
        "precision": precisions(device),
        "memory_format": tuple(MEMORY_FORMATS),
        "threads": _threads() if device.type == "cpu" else (),
        "compile": _modes(config, device),
    }
    for name, values in possible.items():
        for value in values:
            if value != getattr(training, name):
                yield f"training.{name}", value


def fastest_together(lines: Sequence[Measured]) -> list[Setting]:
    """Returns what is clearly faster than the first line, of each key the best.

    Empty where that was measured already: it is less than two values.
    """
    limit = lines[0].cost.ms_per_update * CLEARLY_LESS
    best: dict[str, Measured] = {}
    for line in lines[1:]:
        [(key, _)], ms = line.settings, line.cost.ms_per_update
        if ms < min(limit, best[key].cost.ms_per_update if key in best else limit):
            best[key] = line
    found = [setting for line in best.values() for setting in line.settings]
    return found if len(found) > 1 else []


def _threads() -> list[int]:
    """Returns powers of two below the number of cores, and that."""
    cores = core_count()
    return [*(1 << n for n in range((cores - 1).bit_length())), cores]


def _modes(config: RunConfig, device: torch.device) -> tuple[str, ...]:
    if device.type != "cuda" or config.training.gradient_accumulation > 1:
        return ("off", "default")
    return ("off", "default", "reduce-overhead")
