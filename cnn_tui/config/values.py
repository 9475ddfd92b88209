"""What the parts of a config are made of: strictness, and types with bounds."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_STEPS = 10**9


class Part(BaseModel):
    """A part of a config: frozen, strict about types, unknown keys refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )


def as_tuple(value: Any) -> Any:
    """Takes a list of a file for a tuple."""
    return tuple(value) if isinstance(value, list) else value


Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1, le=MAX_STEPS)]


def _check_class_weights(value: Any) -> Any:
    value = as_tuple(value)
    if value in (None, "balanced"):
        return value
    if isinstance(value, tuple) and value and all(map(_is_weight, value)):
        return tuple(map(float, value))
    raise ValueError(
        "must be balanced, or a list of positive numbers (from 0.000001 to 1000000), "
        "one per class"
    )


def _is_weight(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 1e-6 <= value <= 1e6  # what float32 can tell from nothing, in any mean


ClassWeights = Annotated[
    tuple[float, ...] | Literal["balanced"] | None,
    BeforeValidator(_check_class_weights),
]
