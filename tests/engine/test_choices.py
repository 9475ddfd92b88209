"""Whatever a config can choose, the engine can train with."""

import math
from typing import Any

import pytest

from cnn_tui.config import variants
from cnn_tui.engine.data import Splits
from tests.engine.making import losses, make_config, make_trainer

CHOICES = [
    (key, name)
    for key in ("optimizer", "loss", "schedule")
    for name in variants(f"training.{key}")
]


def chosen(key: str, name: str) -> dict[str, Any]:
    """Returns a choice with what it cannot do without."""
    fields = variants(f"training.{key}")[name].model_fields
    needed = [field for field, info in fields.items() if info.is_required()]
    return {**dict.fromkeys(needed, 1), "name": name}


@pytest.mark.parametrize(("key", "name"), CHOICES)
def test_every_choice_trains(key: str, name: str, splits: Splits) -> None:
    trainer = make_trainer(make_config(**{key: chosen(key, name)}), splits)
    found = losses(trainer, 3)
    assert all(loss is not None and math.isfinite(loss) for loss in found)
