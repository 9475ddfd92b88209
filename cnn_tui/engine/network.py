"""The network: a model, and how it takes images as they are stored."""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import torch
from safetensors.torch import save
from torch import Tensor, nn

from cnn_tui import layers as spec
from cnn_tui.config import RunConfig, layer_table, to_yaml
from cnn_tui.layers import Layer, Shape, output_shape, projection
from cnn_tui.runs.layout import FORMAT

MEMORY_FORMATS = {
    "channels_last": torch.channels_last,
    "contiguous": torch.contiguous_format,
}

_SAME_ARGUMENTS: dict[type, type[nn.Module]] = {
    spec.MaxPool2d: nn.MaxPool2d,
    spec.AvgPool2d: nn.AvgPool2d,
    spec.AdaptiveAvgPool2d: nn.AdaptiveAvgPool2d,
    spec.ReLU: nn.ReLU,
    spec.LeakyReLU: nn.LeakyReLU,
    spec.GELU: nn.GELU,
    spec.SiLU: nn.SiLU,
    spec.Tanh: nn.Tanh,
    spec.Sigmoid: nn.Sigmoid,
    spec.Dropout: nn.Dropout,
    spec.Dropout2d: nn.Dropout2d,
    spec.Flatten: nn.Flatten,
}
"""Layers whose torch module takes exactly the values of the spec."""


class Residual(nn.Module):
    """Adds what ``body`` makes of its input to the (projected) input."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        """Takes two modules whose outputs have the same shape."""
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, inputs: Tensor) -> Tensor:
        """Takes and returns a batch, N×C×H×W or N×features."""
        body: Tensor = self.body(inputs)
        shortcut: Tensor = self.shortcut(inputs)
        return body + shortcut


class Scaling(msgspec.Struct, frozen=True, kw_only=True):
    """From bytes to network inputs: x/255, then (x − mean)/std, per channel."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def bytes_of(self, inputs: Tensor) -> Tensor:
        """Returns inputs, N×C×H×W, as the images that they could be of, uint8."""
        mean, std = (_per_channel(v, inputs) for v in (self.mean, self.std))
        return (inputs * std + mean).mul(255).round().clamp(0, 255).to(torch.uint8)

    @property
    def black(self) -> tuple[float, ...]:
        """What a byte of 0 becomes."""
        pairs = zip(self.mean, self.std, strict=True)
        return tuple(-mean / std for mean, std in pairs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """All that stands between stored images and scores, as one value."""

    model: nn.Sequential
    scaling: Scaling
    memory_format: torch.memory_format
    autocast: AbstractContextManager[object]
    device: torch.device
    """Where it computes."""
    is_flipped_too: bool = False
    """Whether an evaluation looks at the mirror images as well."""

    def __call__(self, images: Tensor) -> Tensor:
        """Takes uint8 N×C×H×W, returns float32 N×classes, as an evaluation judges.

        With mirror images it is the mean of both scores, not of both probabilities:
        that is of use to any loss.
        """
        scores = self.outputs(self.inputs(images))
        if self.is_flipped_too:
            scores = scores.add(self.outputs(self.inputs(images.flip(3)))).div(2)
        return scores

    def inputs(self, images: Tensor) -> Tensor:
        """Returns what the model takes: float32 of the shape of ``images``."""
        return network_inputs(images, self.scaling, self.memory_format)

    def outputs(self, inputs: Tensor) -> Tensor:
        """Returns the scores of inputs, in float32."""
        with self.autocast:
            outputs: Tensor = self.model(inputs)
        return outputs.float()


def new_network(
    config: RunConfig, scaling: Scaling, device: torch.device
) -> tuple[Network, Tensor]:
    """Returns a network with weights drawn from the config's seed.

    The second value is the state of a CPU generator that has drawn them. torch's own
    generator, which a training in another thread may be using, is not touched.
    """
    generator = torch.Generator().manual_seed(config.training.seed)
    model = _empty_model(config)
    for module in model.modules():
        _draw(module, generator)
    return _network(model, config, scaling, device), generator.get_state()


def load_network(
    config: RunConfig,
    scaling: Scaling,
    weights: dict[str, Tensor],
    device: torch.device,
) -> Network:
    """Returns a network with these weights; draws no random number."""
    model = _empty_model(config)
    model.load_state_dict(weights)
    return _network(model, config, scaling, device)


def to_safetensors(network: Network, config: RunConfig, step: int) -> bytes:
    """Returns a file with all of a network: weights, scaling, classes, config.

    Which weights it has, as the config says: ``ema``, the averaged ones, or ``raw``.
    """
    # safetensors takes contiguous tensors only, and metadata of strings only.
    weights = {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in network.model.state_dict().items()
    }
    metadata = {
        "format": str(FORMAT),
        "config": to_yaml(config),
        "scaling": msgspec.json.encode(network.scaling).decode(),
        "step": str(step),
        "weights": "raw" if config.training.ema_decay is None else "ema",
        "classes": msgspec.json.encode(config.dataset.facts.class_names).decode(),
    }
    return save(weights, metadata)


def named_layers(model: nn.Module, config: RunConfig) -> list[tuple[str, nn.Module]]:
    """Returns the layers by number and type, "layer 4, conv2d", as they run."""
    types = {row.number: row.type for row in layer_table(config).rows}
    return [
        (f"layer {number}, {types[number]}", module)
        for number, module in _numbered(model)
    ]


def _network(
    model: nn.Sequential, config: RunConfig, scaling: Scaling, device: torch.device
) -> Network:
    training = config.training
    memory_format = MEMORY_FORMATS[training.memory_format or "channels_last"]
    autocast: AbstractContextManager[object] = nullcontext()
    if training.precision == "bfloat16":
        autocast = torch.autocast(device.type, torch.bfloat16)
    return Network(
        model=model.to(memory_format=memory_format).to(device),
        scaling=scaling,
        memory_format=memory_format,
        autocast=autocast,
        device=device,
        is_flipped_too=training.evaluate_flipped,
    )


def _empty_model(config: RunConfig) -> nn.Sequential:
    """Builds the model on the CPU, without values in its weights."""
    facts = config.dataset.facts
    with torch.device("meta"):  # where nothing is drawn
        model = _sequence(config.model.layers, facts.input_shape, facts.classes)
    return model.to_empty(device="cpu")


def _draw(module: nn.Module, generator: torch.Generator) -> None:
    """Sets a layer's own weights as torch does, from a generator of one's own.

    Uniform within ±1/√(inputs of a unit), as in ``reset_parameters`` of torch.nn.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
        if module.bias is not None:
            bound = 1 / math.sqrt(module.weight[0].numel())
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    elif isinstance(module, nn.BatchNorm2d):
        module.reset_parameters()
    elif [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
        raise TypeError(f"no values are drawn for the weights of {type(module)}")


def _numbered(model: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Yields the layers in the order they run in: those of a residual before itself."""
    for index, module in enumerate(model.children(), start=1):
        number = f"{prefix}{index}"
        if isinstance(module, Residual):
            yield from _numbered(module.body, f"{number}.")
        yield number, module


def network_inputs(
    images: Tensor,
    scaling: Scaling,
    memory_format: torch.memory_format = torch.preserve_format,
) -> Tensor:
    """Returns what a model takes: float32 of the shape of uint8 N×C×H×W."""
    # div, not mul by 1/255: equal to torchvision's ToTensor bit for bit.
    scaled = images.to(torch.float32, memory_format=memory_format).div_(255)
    if scaling == Scaling():
        return scaled
    mean, std = (_per_channel(v, images) for v in (scaling.mean, scaling.std))
    return scaled.sub_(mean).div_(std)


def _per_channel(values: tuple[float, ...], images: Tensor) -> float | Tensor:
    if len(values) == 1:
        return values[0]
    return torch.tensor(values, device=images.device).view(-1, 1, 1)


def _sequence(layers: Sequence[Layer], shape: Shape, classes: int) -> nn.Sequential:
    modules = []
    for layer in layers:
        modules.append(_module(layer, shape, classes))
        shape = output_shape(layer, shape, classes)
    return nn.Sequential(*modules)


def _module(layer: Layer, shape: Shape, classes: int) -> nn.Module:
    if isinstance(layer, spec.Residual):
        body = _sequence(layer.layers, shape, classes)
        return Residual(body, _shortcut(shape, output_shape(layer, shape, classes)))
    values = layer.model_dump(exclude={"type"})
    module: nn.Module = _constructor(layer, shape, classes)(**values)
    return module


def _constructor(layer: Layer, shape: Shape, classes: int) -> Any:
    """Returns what builds the module once given the values of the spec."""
    if isinstance(layer, spec.Conv2d):
        return partial(nn.Conv2d, shape[0])
    if isinstance(layer, spec.BatchNorm2d):
        return partial(nn.BatchNorm2d, shape[0])
    if isinstance(layer, spec.Linear):
        features = output_shape(layer, shape, classes)[0]
        return lambda out_features, bias: nn.Linear(shape[0], features, bias)
    return _SAME_ARGUMENTS[type(layer)]


def _shortcut(shape: Shape, result: Shape) -> nn.Module:
    """Builds the way past a residual's layers: identity, or the cheapest projection."""
    needed = projection(shape, result)
    return nn.Identity() if needed is None else _module(needed, shape, result[0])
