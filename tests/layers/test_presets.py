"""The models of the shipped presets are possible, and their descriptions are true."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

from cnn_tui.datasets.facts import DATASETS, DatasetFacts
from cnn_tui.layers import Layer, ModelTable, trace
from tests.layers import building

ROOT = Path(__file__).parents[2]
PRESETS = ROOT / "presets"
NAMES = [
    "cifar10-fast",
    "cifar10-resnet",
    "deeper",
    "fashion",
    "fast",
    "feedforward",
    "gentler",
    "logistic",
    "mnist-best",
    "mnist-tiny",
    "model-a",
    "model-b",
    "model-c",
    "model-c-avg",
    "wider-head",
]
RECIPES = ["mnist-tiny", "mnist-best", "fashion", "cifar10-fast", "cifar10-resnet"]
"""Those whose sizes ``docs/recipes.md`` gives."""


def preset(name: str) -> Any:
    """Returns the content of a preset file."""
    return yaml.safe_load((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"))


def layers_and_facts(name: str) -> tuple[list[Layer], DatasetFacts]:
    """Returns a preset's layers, and what is known of its images."""
    content = preset(name)
    layers = building.LAYERS.validate_python(content["model"]["layers"])
    return layers, DATASETS[content["dataset"]["name"]]


def table(name: str) -> ModelTable:
    """Returns the table of a preset's model on its own images."""
    layers, facts = layers_and_facts(name)
    return trace(layers, facts.input_shape, facts.classes)


def test_these_are_all() -> None:
    assert sorted(path.stem for path in PRESETS.glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_description_gives_the_true_number_of_parameters(name: str) -> None:
    assert f"{table(name).parameters:,}" in preset(name)["description"]


@pytest.mark.parametrize("name", NAMES)
def test_its_sizes_are_those_that_torch_counts(name: str) -> None:
    layers, facts = layers_and_facts(name)
    network, shape = building.modules(layers, facts.input_shape, facts.classes)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        outputs = network.eval()(torch.zeros(1, *facts.input_shape))
    assert outputs.shape == (1, *shape) == (1, facts.classes)
    assert counter.get_total_flops() == 2 * table(name).multiply_adds
    weights = sum(weight.numel() for weight in network.parameters())
    assert weights == table(name).parameters


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipes_give_the_true_sizes(name: str) -> None:
    recipes = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    sizes = table(name)
    millions = f"{sizes.multiply_adds / 1e6:.3g} M"
    assert f"| `{name}` | {sizes.parameters:,} | {millions} |" in recipes


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
