"""A net as a Python file that needs torch and safetensors alone.

What people wrote goes into it as literals and in comments that end with their line.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cnn_tui import text
from cnn_tui.config import RunConfig, layer_table
from cnn_tui.layers import (
    BatchNorm2d,
    Conv2d,
    Layer,
    Linear,
    Residual,
    Shape,
    output_shape,
    projection,
    to_yaml_form,
)

_TORCH_NAMES = {
    "conv2d": "Conv2d",
    "max_pool2d": "MaxPool2d",
    "avg_pool2d": "AvgPool2d",
    "adaptive_avg_pool2d": "AdaptiveAvgPool2d",
    "batch_norm2d": "BatchNorm2d",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "dropout": "Dropout",
    "dropout2d": "Dropout2d",
    "flatten": "Flatten",
    "linear": "Linear",
}
_INDENT = "    "
_LINE_LENGTH = 88
_CHANNELS_LAST = "memory_format=torch.channels_last"

_RESIDUAL = '''

class Residual(nn.Module):
    """Adds what its layers make of x to x, through a shortcut where shapes differ."""

    def __init__(self, *layers: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = nn.Sequential(*layers)
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)
'''

_BUFFERS = """
        # Those of the training images; load() reads them beside the weights.
        self.register_buffer("mean", torch.zeros({shape}), persistent=False)
        self.register_buffer("std", torch.ones({shape}), persistent=False)"""

_LOAD = '''

def load(path: str) -> Net:
    """Returns the net with the weights of model.safetensors, ready to judge."""
    net = Net()
    net.load_state_dict(load_file(path)){scaling}
    return net{memory_format}.eval()


def main(weights: str, pictures: list[str]) -> None:
    """Prints the likeliest class of pictures that look as the training images do."""
    from PIL import Image

    net = load(weights)
    for path in pictures:
        image = Image.open(path).convert("{mode}").resize(({width}, {height}))
        data = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        pixels = data.view(1, {height}, {width}, {channels}).permute(0, 3, 1, 2)
        with torch.inference_mode():
            share, index = net(pixels).softmax(1).max(1)
        print(f"{{path}}: {{CLASSES[index]}}, {{share.item():.1%}}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
'''

_READ_SCALING = """
    with safe_open(path, "pt") as file:
        scaling = json.loads(file.metadata()["scaling"])
    net.mean.copy_(torch.tensor(scaling["mean"]).view(-1, 1, 1))
    net.std.copy_(torch.tensor(scaling["std"]).view(-1, 1, 1))"""


def torch_code(config: RunConfig) -> str:
    """Returns a Python file with the net that a config describes.

    Its module takes images of bytes, uint8 N×C×H×W, gives scores, N×classes, as an
    evaluation does, and loads the ``model.safetensors`` of a run with this config.

    Raises:
        ModelError: No image fits through the net.
    """
    facts = config.dataset.facts
    shape = facts.input_shape
    parts = [
        *_heading(config),
        f"\nCLASSES = {_tuple(map(_quoted, facts.class_names), 'CLASSES = ')}\n",
        _RESIDUAL if _has_residual(config.model.layers) else "",
        *_net(config, shape, facts.classes),
        _LOAD.format(
            scaling=_READ_SCALING if _is_normalized(config) else "",
            memory_format=f".to({_CHANNELS_LAST})" * _is_channels_last(config),
            mode="L" if shape[0] == 1 else "RGB",
            channels=shape[0],
            height=shape[1],
            width=shape[2],
        ),
    ]
    return "".join(parts)


def _heading(config: RunConfig) -> Iterator[str]:
    """Yields what stands above the net: what it is, and what it imports."""
    if config.title:
        yield f"# {text.printable(config.title)}\n"
    parameters = text.count(layer_table(config).parameters)
    yield f"# {parameters} parameters. To see what is on a picture:\n"
    yield "# python net.py model.safetensors picture.png\n\n"
    is_normalized = _is_normalized(config)
    yield "import json\n" if is_normalized else ""
    yield "import sys\n\nimport torch\n"
    yield "from safetensors import safe_open\n" if is_normalized else ""
    yield "from safetensors.torch import load_file\nfrom torch import Tensor, nn\n"


def _net(config: RunConfig, shape: Shape, classes: int) -> Iterator[str]:
    takes, gives = f"uint8 N×{text.shape(shape)}", f"N×{classes}"
    yield "\n\nclass Net(nn.Sequential):\n"
    yield f'    """Takes images, {takes}, and gives their scores, {gives}."""\n\n'
    yield "    def __init__(self) -> None:\n        super().__init__(\n"
    yield from _lines(config.model.layers, shape, classes, 3)
    yield "        )"
    if _is_normalized(config):
        yield _BUFFERS.format(shape=f"{shape[0]}, 1, 1")
    yield "\n\n    def forward(self, images: Tensor) -> Tensor:\n"
    yield from _forward(config)


def _forward(config: RunConfig) -> Iterator[str]:
    """Yields how images of bytes are scored, as ``engine.network.Network`` does."""
    layout = f", {_CHANNELS_LAST}" * _is_channels_last(config)
    yield f"        x = images.to(torch.float32{layout}) / 255\n"
    if _is_normalized(config):
        yield "        x = (x - self.mean) / self.std\n"
    is_flipped_too = config.training.evaluate_flipped
    if config.training.precision == "bfloat16":
        yield "        with torch.autocast(x.device.type, torch.bfloat16):\n"
        yield "            scores = super().forward(x)\n"
        if is_flipped_too:
            yield "            mirrored = super().forward(x.flip(3))\n"
        mean = "(scores.float() + mirrored.float()) / 2"
        yield f"        return {mean if is_flipped_too else 'scores.float()'}\n"
    elif is_flipped_too:
        yield "        return (super().forward(x) + super().forward(x.flip(3))) / 2\n"
    else:
        yield "        return super().forward(x)\n"


def _lines(
    layers: Sequence[Layer], shape: Shape, classes: int, depth: int
) -> Iterator[str]:
    """Yields a line for each layer, with the shape behind those that change it."""
    indent = depth * _INDENT
    for layer in layers:
        after = output_shape(layer, shape, classes)
        note = "" if after == shape else f"  # {text.shape(after)}"
        if isinstance(layer, Residual):
            yield f"{indent}Residual(\n"
            yield from _lines(layer.layers, shape, classes, depth + 1)
            if skip := projection(shape, after):
                call = _call(skip, shape, after)
                yield f"{indent}{_INDENT}shortcut={call},\n"
            yield f"{indent}),{note}\n"
        else:
            yield f"{indent}{_call(layer, shape, after)},{note}\n"
        shape = after


def _call(layer: Layer, before: Shape, after: Shape) -> str:
    """Returns what makes a layer's module: "nn.Linear(1568, 10)"."""
    form = to_yaml_form(layer)
    given = dict(form[layer.type]) if isinstance(form, dict) else {}
    sizes: tuple[int, ...] = ()
    if isinstance(layer, Conv2d | Linear):
        given.pop("out_channels" if isinstance(layer, Conv2d) else "out_features")
        sizes = (before[0], after[0])
    elif isinstance(layer, BatchNorm2d):
        sizes = (before[0],)
    arguments = [*map(str, sizes), *(f"{k}={_literal(v)}" for k, v in given.items())]
    return f"nn.{_TORCH_NAMES[layer.type]}({', '.join(arguments)})"


def _quoted(value: str) -> str:
    """Returns a string as a literal, in double quotes where it has none itself."""
    literal = repr(value)
    return literal if '"' in literal else f'"{literal[1:-1]}"'


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return repr(tuple(value) if isinstance(value, list) else value)


def _tuple(items: Iterable[str], before: str) -> str:
    """Returns a tuple in one line, or in one line an item where that is too long."""
    found = list(items)
    line = f"({', '.join(found)}{',' * (len(found) == 1)})"
    if len(before + line) <= _LINE_LENGTH:
        return line
    return "(\n" + "".join(f"{_INDENT}{item},\n" for item in found) + ")"


def _has_residual(layers: Sequence[Layer]) -> bool:
    return any(isinstance(layer, Residual) for layer in layers)


def _is_normalized(config: RunConfig) -> bool:
    return config.dataset.normalize == "mean_std"


def _is_channels_last(config: RunConfig) -> bool:
    return config.training.memory_format != "contiguous"
