"""How the layers do: a look into the network now and then that changes nothing."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.device import is_out_of_memory, release_memory
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Residual, named_layers
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.trainer import Trainer
from cnn_tui.runs.health import HealthRow, LayerHealth

logger = logging.getLogger(__name__)

SHARE = 0.01
"""Of the training time, at most."""
FIRST_UPDATES = 500
"""Before its first look, which is taken to cost at most five updates."""
MAX_IMAGES = 256

_COUNTS = ("dead_channels", "channels")
_NEITHER_LEARN_NOR_BEND = (
    *(nn.Flatten, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d),
    *(nn.Dropout, nn.Dropout2d),
)


class Checkups:
    """Looks at the layers when it is due. For the training thread alone."""

    def __init__(
        self,
        trainer: Trainer,
        images: Images,
        config: RunConfig,
        stopwatch: Stopwatch,
    ) -> None:
        """Takes the training images, and the clock of the training."""
        self._trainer = trainer
        self._sample = _sample(images, config.training.slice_size)
        self._stopwatch = stopwatch
        self._cost_seconds = 0.0
        self._before: tuple[int, dict[str, Tensor]] | None = None
        self.begin()

    def begin(self) -> None:
        """Counts from here on, where training was taken to."""
        self._began = self._trainer.step, self._stopwatch.seconds
        self._spent_seconds = 0.0
        self._before = None

    @property
    def is_due(self) -> bool:
        """Whether a look after the next update stays within ``SHARE``."""
        step, seconds = self._began
        if self._trainer.step + 1 - step < FIRST_UPDATES:
            return False
        wanted = self._spent_seconds + self._cost_seconds
        return wanted <= SHARE * (self._stopwatch.seconds - seconds)

    def prepare(self) -> None:
        """Copies the weights, if it is due: call it before the update to look at."""
        if self.is_due:
            weights = self._trainer.model.named_parameters()
            copies = {name: weight.detach().clone() for name, weight in weights}
            self._before = self._trainer.step, copies

    def look(self, config: RunConfig) -> HealthRow | None:
        """Returns a sample after the update that was prepared for, if one was.

        Weights, gradients, buffers and random numbers are left as they are.
        """
        before, self._before = self._before, None
        step = self._trainer.step
        if before is None or before[0] != step - 1:
            return None
        began = time.monotonic()
        try:
            layers = examine(self._trainer, config, self._sample, before[1])
            return HealthRow(step=step, layers=layers)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            logger.warning("no look at the layers after update %d: no memory", step)
        finally:
            self._cost_seconds = time.monotonic() - began
            self._spent_seconds += self._cost_seconds
        release_memory()  # here what did not suffice is gone
        return None


def examine(
    trainer: Trainer, config: RunConfig, sample: Images, before: dict[str, Tensor]
) -> list[LayerHealth]:
    """Returns how each layer that learns or bends does on a sample of images.

    In eval mode: buffers stay, nothing is drawn; gradients go nowhere but here.
    ``before`` has the parameters before the last update, by name.
    """
    layers = [
        (name, module)
        for name, module in named_layers(trainer.model, config)
        if not isinstance(module, _NEITHER_LEARN_NOR_BEND)
    ]
    found: list[dict[str, Tensor]] = [{} for _ in layers]
    names = {weight: name for name, weight in trainer.model.named_parameters()}
    with _evaluating(trainer.model), ExitStack() as hooks:
        for (_, module), values in zip(layers, found, strict=True):
            hook = module.register_forward_hook(_noting(values))
            hooks.callback(hook.remove)
        outputs = trainer.network(sample.images)
        loss = trainer.loss_function(outputs, sample.labels)
        gradients = torch.autograd.grad(loss, list(names), allow_unused=True)
    of = dict(zip(names, gradients, strict=True))
    for (_, module), values in zip(layers, found, strict=True):
        own = list(_own_parameters(module))
        norms = [grad.float().norm() for it in own if (grad := of[it]) is not None]
        if norms:
            values["gradient_norm"] = torch.stack(norms).norm()
        if own:
            weight, past = own[0].detach(), before[names[own[0]]]
            values["update_to_weight"] = (weight - past).norm() / past.norm()
    return _read_out([name for name, _ in layers], found)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    model.eval()
    try:
        yield
    finally:
        model.train()


def _noting(values: dict[str, Tensor]) -> Callable[[nn.Module, Any, Tensor], None]:
    def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
        given = output.detach().float()
        is_zero = given == 0
        others = [axis for axis in range(given.ndim) if axis != 1]
        values["activation_mean"] = given.mean()
        values["activation_std"] = given.std(correction=0)
        values["zero_share"] = is_zero.float().mean()
        values["dead_channels"] = is_zero.all(dim=others).sum().float()
        values["channels"] = torch.tensor(float(given.shape[1]), device=given.device)

    return note


def _own_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """Yields the weight and the bias of a layer; a residual's are its projection's."""
    if isinstance(module, Residual):
        return module.shortcut.parameters()
    return module.parameters(recurse=False)


def _read_out(names: list[str], found: list[dict[str, Tensor]]) -> list[LayerHealth]:
    """Waits for the device once, and brings all values from it."""
    tensors = [value for values in found for value in values.values()]
    numbers = iter(torch.stack(tensors).tolist())
    layers = []
    for name, values in zip(names, found, strict=True):
        layers.append(_layer(name, {key: next(numbers) for key in values}))
    return layers


def _layer(name: str, values: dict[str, float]) -> LayerHealth:
    known = {key: value for key, value in values.items() if math.isfinite(value)}
    counts = {key: int(known[key]) for key in _COUNTS if key in known}
    return msgspec.convert({"name": name} | known | counts, LayerHealth)


def _sample(images: Images, most: int) -> Images:
    """Returns a few images, evenly spaced: they may lie by their classes."""
    count = min(most, MAX_IMAGES, len(images))
    places = torch.linspace(0, len(images) - 1, count).long()
    return images.subset(places.to(images.labels.device)).at_target()
