"""What the parts of a config are made of: strictness, and types with bounds."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

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
