"""Other poolings, paddings and normalizations in all of a net."""

from cnn_tui.errors import ModelError
from cnn_tui.layers import AvgPool2d, Conv2d, MaxPool2d
from cnn_tui.shaping.blocks import CONV, NORM, Rows, block_after, layers_of, put, short
from cnn_tui.shaping.edit import Items, make_item, name_of, parameters_of, replace
from cnn_tui.shaping.outline import OutlineRow, read


def other_pooling(items: Items, rows: Rows) -> Items:
    """Makes maximum poolings average ones; where there are none, the reverse."""
    largest, mean = layers_of(rows, MaxPool2d.type), layers_of(rows, AvgPool2d.type)
    if not (largest or mean):
        raise ModelError("the net has no max_pool2d and no avg_pool2d")
    name = AvgPool2d.type if largest else MaxPool2d.type
    for row in largest or mean:
        given = dict(parameters_of(row.item))
        if given.pop("dilation", 1) not in (1, [1, 1]):
            raise ModelError("a dilated max_pool2d has no average that is like it")
        given.pop("count_include_pad", None)
        items = replace(items, row.path, make_item(name, given))
    return items


def other_padding(items: Items, rows: Rows) -> Items:
    """Takes the padding of all convolutions away; where there is none, keeps sizes."""
    convs = [row for row in layers_of(rows, CONV) if _conv(row).kernel_size != (1, 1)]
    if not convs:
        raise ModelError("there is no convolution larger than 1×1")
    is_padded = any(_conv(row).padding not in ("valid", (0, 0)) for row in convs)
    for row in convs:
        given = dict(parameters_of(row.item))
        given.pop("padding", None)
        own = {} if is_padded else {"padding": _keeping(_conv(row))}
        items = replace(items, row.path, make_item(CONV, {**given, **own}))
    return items


def _conv(row: OutlineRow) -> Conv2d:
    conv = read(row.item)
    assert isinstance(conv, Conv2d)
    return conv


def _keeping(conv: Conv2d) -> object:
    """Returns the padding that lets the stride alone decide the size."""
    if conv.stride == (1, 1):
        return "same"
    sizes = zip(conv.kernel_size, conv.dilation, strict=True)
    return short([dilation * (size - 1) // 2 for size, dilation in sizes])


def normalized(items: Items, rows: Rows) -> Items:
    """Puts a batch normalization behind each convolution that has none."""
    convs = layers_of(rows, CONV)
    if not convs:
        raise ModelError("there is no convolution to normalize")
    bare = [row for row in convs if not _has_norm(rows, row)]
    if not bare:
        raise ModelError("each convolution has a batch_norm2d behind it already")
    for row in reversed(bare):
        items = put(items, row.path, [row.item, NORM])
    return items


def _has_norm(rows: Rows, conv: OutlineRow) -> bool:
    return name_of(block_after(rows, conv)[0]) == NORM
