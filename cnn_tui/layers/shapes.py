"""The shapes of values on their way through a model, and how a residual fits two."""

import math

from cnn_tui import text
from cnn_tui.errors import ModelError
from cnn_tui.layers.parameters import MAX_EXTENT
from cnn_tui.layers.specs import Conv2d, Linear

Shape = tuple[int, ...]
"""(channels, height, width), or (features,) once flat; without the batch."""


def describe(shape: Shape) -> str:
    """Returns "16×28×28", or "512 features" for a flat shape."""
    return text.shape(shape) if len(shape) == 3 else f"{text.count(shape[0])} features"


def projection(input_shape: Shape, output_shape: Shape) -> Conv2d | Linear | None:
    """Returns the layer that makes a residual's input fit its output; None if it does.

    It is a 1×1 convolution without bias whose stride is the smallest that gives the
    output's height and width (⌈H/stride⌉), or a linear layer without bias
    (He et al. 2015, "Deep Residual Learning", option B).

    Raises:
        ModelError: No such layer exists, or its stride would be over 10,000.
    """
    if input_shape == output_shape:
        return None
    if len(input_shape) == len(output_shape) == 1:
        return Linear(out_features=output_shape[0], bias=False)
    if len(input_shape) == len(output_shape):
        sizes = list(zip(input_shape[1:], output_shape[1:], strict=True))
        stride = max(math.ceil(size / wanted) for size, wanted in sizes)
        fits = all(math.ceil(size / stride) == wanted for size, wanted in sizes)
        if fits and stride <= MAX_EXTENT:
            return Conv2d(
                out_channels=output_shape[0],
                kernel_size=(1, 1),
                stride=(stride, stride),
                bias=False,
            )
    raise ModelError(
        f"its input {describe(input_shape)} cannot be added to its output "
        f"{describe(output_shape)}: neither as it is nor through a 1×1 convolution; "
        "pad so that the sizes stay the same or are divided by a stride"
    )
