"""The types of layer parameters: exact, bounded, with pydantic's standard errors.

Sizes with one value per dimension are kept as (height, width), however written.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

MAX_CHANNELS = 1_000_000
MAX_EXTENT = 10_000


def _whole_number(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticKnownError("int_type")
    if value < least:
        raise PydanticKnownError("greater_than_equal", {"ge": least})
    if value > most:
        raise PydanticKnownError("less_than_equal", {"le": most})
    return value


def _pair(least: int) -> Callable[[object], tuple[int, int]]:
    """Returns a parser of (height, width); one number stands for both."""

    def parse(value: object) -> tuple[int, int]:
        both = value if isinstance(value, list | tuple) else (value, value)
        if len(both) != 2:
            raise PydanticCustomError(
                "pair", "Input should be a whole number or a pair [height, width]"
            )
        height, width = (_whole_number(size, least, MAX_EXTENT) for size in both)
        return height, width

    return parse


def _padding(value: object) -> object:
    if not isinstance(value, str):
        return _pair(0)(value)
    if value not in ("same", "valid"):
        expected = "a whole number, a pair, 'same' or 'valid'"
        raise PydanticKnownError("literal_error", {"expected": expected})
    return value


def _out_features(value: object) -> object:
    if not isinstance(value, str):
        return _whole_number(value, 1, MAX_CHANNELS)
    if value != "classes":
        expected = "a whole number or 'classes'"
        raise PydanticKnownError("literal_error", {"expected": expected})
    return value


Channels = Annotated[int, Field(ge=1, le=MAX_CHANNELS)]
Pair = Annotated[tuple[int, int], BeforeValidator(_pair(1))]
PoolPadding = Annotated[tuple[int, int], BeforeValidator(_pair(0))]
Padding = Annotated[
    tuple[int, int] | Literal["same", "valid"], BeforeValidator(_padding)
]
OutFeatures = Annotated[int | Literal["classes"], BeforeValidator(_out_features)]
UnitInterval = Annotated[float, Field(ge=0, le=1)]
