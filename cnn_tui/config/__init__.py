"""What a run is asked to do: its parts, its problems, and its single values."""

from cnn_tui.config.models import RunConfig
from cnn_tui.config.parse import (
    layer_table,
    parse_dataset,
    parse_document,
    parse_mapping,
    to_mapping,
    to_yaml,
)
from cnn_tui.config.problems import InvalidConfigError, Problem, nearest
from cnn_tui.config.settings import (
    Setting,
    apply_settings,
    full_key,
    known_keys,
    parse_settings,
    variants,
)

__all__ = [
    "InvalidConfigError",
    "Problem",
    "RunConfig",
    "Setting",
    "apply_settings",
    "full_key",
    "known_keys",
    "layer_table",
    "nearest",
    "parse_dataset",
    "parse_document",
    "parse_mapping",
    "parse_settings",
    "to_mapping",
    "to_yaml",
    "variants",
]
