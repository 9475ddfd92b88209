"""Configs as mappings, as they stand in a preset."""

from typing import Any

import pytest

from cnn_tui.config import InvalidConfigError, RunConfig, parse_mapping

LOGISTIC: list[Any] = ["flatten", {"linear": {"out_features": "classes"}}]


def mapping(layers: Any = LOGISTIC, **sections: Any) -> dict[str, Any]:
    """Returns a preset's mapping; ``sections`` are dataset, training and the like."""
    return {"model": {"layers": layers}, **sections}


def config(layers: Any = LOGISTIC, **sections: Any) -> RunConfig:
    """Returns the config of such a mapping."""
    return parse_mapping(mapping(layers, **sections))


def problems(value: dict[str, Any]) -> list[str]:
    """Returns what is wrong with a mapping, one sentence a problem."""
    with pytest.raises(InvalidConfigError) as caught:
        parse_mapping(value, "f.yaml")
    return caught.value.lines


def problem(layers: Any = LOGISTIC, **sections: Any) -> str:
    """Returns the one thing that is wrong."""
    [line] = problems(mapping(layers, **sections))
    return line.removeprefix("f.yaml: ")
