"""The layer vocabulary: torch.nn's names, parameters and defaults, as checked values.

In YAML a layer is its name (``relu``), or its name over its parameters
(``conv2d: {out_channels: 16, kernel_size: 5}``); a ``residual`` holds a list of layers.
Ours is stricter than torch in ranges: sizes and channels are bounded, probabilities and
momenta lie in 0…1, ``eps`` is positive, a residual is not empty.
"""

import difflib
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    RootModel,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cnn_tui.layers.parameters import (
    Channels,
    OutFeatures,
    Padding,
    Pair,
    PoolPadding,
    UnitInterval,
)
from cnn_tui.text import printable

MAX_LAYERS = 200


def _parameters(item: object, name: str) -> object:
    """Returns what stands under ``name`` in a layer's YAML form, or the bare item."""
    if item == name:
        return {}
    if isinstance(item, dict) and item.keys() == {name}:
        return {} if item[name] is None else item[name]
    return item


class LayerSpec(BaseModel):
    """What all layers share: a name, and parameters of exact types."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )
    type: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, item: object) -> object:
        return _parameters(item, cls.type)


class Conv2d(LayerSpec):
    """A convolution; sizes are (height, width)."""

    type: ClassVar[str] = "conv2d"
    out_channels: Channels
    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    groups: Channels = 1
    bias: bool = True
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"


class MaxPool2d(LayerSpec):
    """The maximum of each window; without a stride the windows stand side by side."""

    type: ClassVar[str] = "max_pool2d"
    kernel_size: Pair
    stride: Pair | None = None
    padding: PoolPadding = (0, 0)
    dilation: Pair = (1, 1)
    ceil_mode: bool = False


class AvgPool2d(LayerSpec):
    """The mean of each window; without a stride the windows stand side by side."""

    type: ClassVar[str] = "avg_pool2d"
    kernel_size: Pair
    stride: Pair | None = None
    padding: PoolPadding = (0, 0)
    ceil_mode: bool = False
    count_include_pad: bool = True


class AdaptiveAvgPool2d(LayerSpec):
    """The means of as many windows as the output has places."""

    type: ClassVar[str] = "adaptive_avg_pool2d"
    output_size: Pair


class BatchNorm2d(LayerSpec):
    """Batch normalization of each channel; ``momentum`` null: a cumulative mean."""

    type: ClassVar[str] = "batch_norm2d"
    eps: Annotated[float, Field(gt=0, le=1)] = 1e-5
    momentum: UnitInterval | None = 0.1
    affine: bool = True
    track_running_stats: bool = True


class ReLU(LayerSpec):
    """max(0, x)."""

    type: ClassVar[str] = "relu"


class LeakyReLU(LayerSpec):
    """max(0, x) + negative_slope · min(0, x)."""

    type: ClassVar[str] = "leaky_relu"
    negative_slope: UnitInterval = 0.01


class GELU(LayerSpec):
    """x · Φ(x), exactly or by the tanh approximation."""

    type: ClassVar[str] = "gelu"
    approximate: Literal["none", "tanh"] = "none"


class SiLU(LayerSpec):
    """x · sigmoid(x)."""

    type: ClassVar[str] = "silu"


class Tanh(LayerSpec):
    """The hyperbolic tangent."""

    type: ClassVar[str] = "tanh"


class Sigmoid(LayerSpec):
    """1 / (1 + exp(−x))."""

    type: ClassVar[str] = "sigmoid"


class Dropout(LayerSpec):
    """Zeroes single values with probability ``p`` while training."""

    type: ClassVar[str] = "dropout"
    p: UnitInterval = 0.5


class Dropout2d(LayerSpec):
    """Zeroes whole channels with probability ``p`` while training."""

    type: ClassVar[str] = "dropout2d"
    p: UnitInterval = 0.5


class Flatten(LayerSpec):
    """Channels × height × width in one row of features."""

    type: ClassVar[str] = "flatten"


class Linear(LayerSpec):
    """A fully connected layer; ``classes`` stands for the data set's number of them."""

    type: ClassVar[str] = "linear"
    out_features: OutFeatures
    bias: bool = True


class Residual(RootModel[Annotated[list["Layer"], Field(min_length=1)]]):
    """``layers(x) + x``, with x projected where the shapes differ."""

    model_config = ConfigDict(frozen=True, strict=True)
    type: ClassVar[str] = "residual"

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, item: object) -> object:
        return _parameters(item, cls.type)

    @property
    def layers(self) -> "list[Layer]":
        """The nested layers, in order."""
        return self.root


def _layer_name(item: object) -> str:
    """Returns the name in an item that is a layer or the YAML form of one."""
    if isinstance(item, LayerSpec | Residual):
        return item.type
    return str(next(iter(item)) if isinstance(item, dict) else item)


def _check_form(item: object) -> object:
    """Raises a PydanticCustomError for what is no layer, naming the nearest ones."""
    if isinstance(item, dict) and len(item) > 1:
        raise PydanticCustomError(
            "layer_form",
            "A layer is one name with its parameters indented under it, "
            "got {count} keys",
            {"count": len(item)},
        )
    if not item or not isinstance(item, str | dict | LayerSpec | Residual):
        raise PydanticCustomError(
            "layer_form",
            "A layer is a name such as relu, or one name over its parameters, such as "
            "conv2d: {out_channels: 16, kernel_size: 5}",
        )
    if (name := _layer_name(item)) not in LAYER_TYPES:
        near = difflib.get_close_matches(name[:40].lower(), LAYER_TYPES, cutoff=0.4)
        raise PydanticCustomError(
            "unknown_layer",
            "Unknown layer '{name}'; {hint} {known}",
            {
                "name": printable(name[:40]),
                "hint": "the nearest are" if near else "known are",
                "known": ", ".join(near or LAYER_TYPES),
            },
        )
    return item


def _collapsed(value: object) -> object:
    """Returns an equal pair as the one number that stands for both."""
    if isinstance(value, list) and value[0] == value[1]:
        return value[0]
    return value


def to_yaml_form(layer: "Layer") -> Any:
    """Returns the shortest YAML form of ``layer``: a name, or {name: parameters}.

    Parameters at their defaults are left out; reading the form gives an equal layer.
    """
    if isinstance(layer, Residual):
        return {layer.type: [to_yaml_form(nested) for nested in layer.layers]}
    parameters = layer.model_dump(mode="json", exclude_defaults=True)
    if not parameters:
        return layer.type
    return {layer.type: {key: _collapsed(value) for key, value in parameters.items()}}


Layer = Annotated[
    Annotated[Conv2d, Tag("conv2d")]
    | Annotated[MaxPool2d, Tag("max_pool2d")]
    | Annotated[AvgPool2d, Tag("avg_pool2d")]
    | Annotated[AdaptiveAvgPool2d, Tag("adaptive_avg_pool2d")]
    | Annotated[BatchNorm2d, Tag("batch_norm2d")]
    | Annotated[ReLU, Tag("relu")]
    | Annotated[LeakyReLU, Tag("leaky_relu")]
    | Annotated[GELU, Tag("gelu")]
    | Annotated[SiLU, Tag("silu")]
    | Annotated[Tanh, Tag("tanh")]
    | Annotated[Sigmoid, Tag("sigmoid")]
    | Annotated[Dropout, Tag("dropout")]
    | Annotated[Dropout2d, Tag("dropout2d")]
    | Annotated[Flatten, Tag("flatten")]
    | Annotated[Linear, Tag("linear")]
    | Annotated[Residual, Tag("residual")],
    Discriminator(_layer_name),
    BeforeValidator(_check_form),
    PlainSerializer(to_yaml_form),
]

LAYER_TYPES: dict[str, type[BaseModel]] = {
    **{spec.type: spec for spec in LayerSpec.__subclasses__()},
    Residual.type: Residual,
}
Residual.model_rebuild()


def _nested(item: object) -> object:
    """Returns the items that ``item`` holds if it is a residual, in whatever form."""
    if isinstance(item, Residual):
        return item.layers
    return item.get(Residual.type) if isinstance(item, dict) else None


def _check_count(items: object) -> object:
    """Raises a PydanticCustomError for over 200 layers, before any of them is read."""
    total, unread = 0, [items]
    while unread:
        group = unread.pop()
        if not isinstance(group, list):
            continue
        total += len(group)
        if total > MAX_LAYERS:
            raise PydanticCustomError(
                "too_many_layers",
                "A model has at most {most} layers, nested ones counted",
                {"most": MAX_LAYERS},
            )
        unread.extend(map(_nested, group))
    return items


Layers = Annotated[list[Layer], BeforeValidator(_check_count)]
