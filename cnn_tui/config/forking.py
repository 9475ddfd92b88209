"""What a fork may change: all that the weights of its parent can go on with."""

from collections.abc import Sequence
from typing import Any

from cnn_tui.config.models import RunConfig
from cnn_tui.config.parse import parse_mapping, to_mapping
from cnn_tui.config.settings import Setting, apply_settings
from cnn_tui.errors import ConfigError
from cnn_tui.text import printable, shape

_NEW_RUN = "start a new run"
_FIXED = {
    "training.optimizer.name": f"it goes on with what it has gathered: {_NEW_RUN}",
    "training.optimizer.decay_norms_and_biases": f"it parts the weights: {_NEW_RUN}",
    "dataset.normalize": f"the weights have learned from such inputs: {_NEW_RUN}",
    "training.iterations": "give the new total as --iterations",
    "training.epochs": "give the new total as --iterations",
}
"""Why a value of the config cannot be another one."""


def forked(parent: RunConfig, settings: Sequence[Setting], source: str) -> RunConfig:
    """Returns a parent's config with other values; its schedule stays laid out.

    Raises:
        ConfigError: if the weights cannot go on so; ``source`` says whose they are.
    """
    for key, _ in settings:
        layers = key.startswith("model.")
        why = f"another network has other weights: {_NEW_RUN}" if layers else None
        if why := why or _FIXED.get(key):
            raise ConfigError(f"{printable(key)} cannot be changed in a fork: {why}")
    if not settings:
        return parent
    first: list[tuple[str, Any]] = [("training.iterations", parent.total_steps)]
    if has_other_images(settings):
        first += [("dataset.found", None), ("dataset.corrected", None)]
    mapping = apply_settings(to_mapping(parent), [*first, *settings])
    config = parse_mapping(mapping, f"{source} with your settings")
    before, after = parent.dataset.facts, config.dataset.facts
    if (before.input_shape, before.classes) != (after.input_shape, after.classes):
        raise ConfigError(
            f"{printable(config.dataset.title)} cannot be gone on with: the network "
            f"takes images of {_form(parent)}, not {_form(config)}; {_NEW_RUN}"
        )
    return config


def has_other_images(settings: Sequence[Setting]) -> bool:
    """Whether accuracies before and after are of other images."""
    return any(
        key.startswith("dataset.") and not key.startswith("dataset.augmentation.")
        for key, _ in settings
    )


def _form(config: RunConfig) -> str:
    facts = config.dataset.facts
    return f"{shape(facts.input_shape)} in {facts.classes} classes"
