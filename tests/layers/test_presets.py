"""The models of the shipped presets are possible, and their descriptions are true."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cnn_tui.layers import ModelTable, trace
from tests.layers import building

PRESETS = Path(__file__).parents[2] / "presets"
NAMES = [
    "deeper",
    "fast",
    "feedforward",
    "gentler",
    "logistic",
    "model-a",
    "model-b",
    "model-c",
    "model-c-avg",
    "wider-head",
]


def preset(name: str) -> Any:
    """Returns the content of a preset file."""
    return yaml.safe_load((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"))


def table(name: str) -> ModelTable:
    """Returns the table of a preset's model on MNIST."""
    layers = building.LAYERS.validate_python(preset(name)["model"]["layers"])
    return trace(layers, (1, 28, 28), 10)


def test_these_are_all() -> None:
    assert sorted(path.stem for path in PRESETS.glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_description_gives_the_true_number_of_parameters(name: str) -> None:
    assert f"{table(name).parameters:,}" in preset(name)["description"]


@pytest.mark.parametrize("name", ["model-c", "deeper", "wider-head"])
def test_the_description_compares_the_true_multiply_adds(name: str) -> None:
    for model in (name, "model-a"):
        millions = f"{table(model).multiply_adds / 1e6:.2f} million"
        assert millions in preset(name)["description"]


def test_two_small_kernels_see_as_much_as_one_large() -> None:
    first, _, second = table("deeper").rows[:3]
    assert (first.type, second.type) == ("conv2d", "conv2d")
    assert second.receptive_field == table("model-a").rows[0].receptive_field


def test_the_readout_grows_as_the_descriptions_say() -> None:
    names = ("model-a", "gentler", "wider-head")
    heads = {
        name: sum(row.parameters for row in table(name).rows if row.type == "linear")
        for name in names
    }
    assert heads == {"model-a": 15_690, "gentler": 62_730, "wider-head": 202_122}
