"""A net as far as an image gets through it: its rows, and the problem at its layer."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cnn_tui.config import nearest
from cnn_tui.config.problems import problems_of
from cnn_tui.layers import (
    LAYER_TYPES,
    MAX_LAYERS,
    Fault,
    Layer,
    LayerRow,
    ModelTable,
    Residual,
    Shape,
    Unreadable,
    summary,
    trace_partly,
)
from cnn_tui.shaping.edit import (
    Item,
    Items,
    Path,
    name_of,
    nested_in,
    number,
    parameters_of,
    walk,
)
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineRow:
    """One layer at its place."""

    path: Path
    item: Item
    arithmetic: LayerRow | None
    """None where no image arrives, or none leaves."""
    problem: str = ""
    """Why no image leaves it, or why the net cannot end with it."""

    @property
    def is_residual(self) -> bool:
        """Whether it holds layers."""
        return nested_in(self.item) is not None

    @property
    def summary(self) -> str:
        """The name and main parameters, "conv2d 16, 5×5"; or the name alone."""
        if self.arithmetic is not None:
            return self.arithmetic.summary
        layer = read(self.item)
        if isinstance(layer, Unreadable):
            return name_of(self.item)
        return summary(layer, parameters_of(self.item).get("out_features"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A net, possible or not."""

    rows: tuple[OutlineRow, ...]
    table: ModelTable
    """As far as an image gets."""
    fault: Fault | None
    """Why the net cannot be; None where it can."""

    @property
    def problem(self) -> OutlineRow | None:
        """The row with the problem; None if there is none, or no row."""
        return next((row for row in self.rows if row.problem), None)


def outline(items: Items, input_shape: Shape, classes: int) -> Outline:
    """Returns the rows of a net, those behind a problem without their arithmetic.

    Args:
        items: The net, possible or not.
        input_shape: (channels, height, width) of one image.
        classes: How many outputs the net must end in.
    """
    placed = list(walk(items))
    table, fault = trace_partly(list(map(read, items)), input_shape, classes)
    if len(placed) > MAX_LAYERS and fault is None:
        reason = f"a model has at most {MAX_LAYERS} layers, nested ones counted"
        fault = Fault(number="", type="", reason=reason, input_shape=input_shape)
    by_number = {row.number: row for row in table.rows}
    blamed = (fault.number or number(placed[-1][0])) if fault and placed else None
    rows = tuple(
        OutlineRow(
            path=path,
            item=item,
            arithmetic=by_number.get(number(path)),
            problem=fault.reason if fault and number(path) == blamed else "",
        )
        for path, item in placed
    )
    return Outline(rows=rows, table=table, fault=fault)


def read(item: Item) -> Layer | Unreadable:
    """Returns the layer that an item means, or why it means none."""
    name = name_of(item)
    if (layers := nested_in(item)) is not None:
        inner: list[Any] = [read(layer) for layer in layers]
        return Residual.model_construct(root=inner)  # unchecked: one may be no layer
    if name not in LAYER_TYPES or name == Residual.type:
        known = nearest(name, LAYER_TYPES)
        return Unreadable(type=name, reason=f"is no layer; {printable(known)}")
    known_type: Any = LAYER_TYPES[name]
    try:
        layer: Layer = known_type.model_validate(item)
    except ValidationError as error:
        found = problems_of(error, known_type)
        return Unreadable(type=name, reason=str(found[0]))
    return layer
