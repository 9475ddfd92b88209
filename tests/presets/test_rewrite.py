"""An edited preset reads as if written by hand, and means what it should."""

from copy import deepcopy
from typing import Any

import pytest

from cnn_tui.io.safe_yaml import load
from cnn_tui.presets.files import PresetFile, list_presets
from cnn_tui.presets.rewrite import rewritten

WRITTEN = """\
# My net for digits.
title: "Mine: a first try"
description: >-
  Two lines
  of text.
model:
  layers:
    # the eye
    - conv2d: {out_channels: 16, kernel_size: 5, padding: same}  # as in the lesson
    - relu  # always
    - max_pool2d: {kernel_size: 2}
    # the second stage
    - residual:
        - conv2d: {out_channels: 16, kernel_size: 3, padding: same}
        - relu  # inside
    - max_pool2d: {kernel_size: 2}  # 7×7 now
    - flatten
    - linear: {out_features: classes}
training:
  iterations: 300  # enough
  optimizer: {name: sgd, lr: 0.01}  # plain
  seed: 0
"""


def value(text: str) -> dict[str, Any]:
    return load(text.encode(), "x").value


def changed(text: str, *replacements: tuple[str, str]) -> str:
    """Returns the text after replacements, each of which must be found."""
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    "replacements",
    [
        [],
        [("lr: 0.01", "lr: 0.05")],
        [("iterations: 300", "iterations: 400"), ("a first try", "a second")],
        [("16, kernel_size: 5", "32, kernel_size: 7")],
        [("    - relu  # always\n", "")],
        [("    - flatten\n", "    - dropout: {p: 0.2}\n    - flatten\n")],
        [("    - flatten\n", ""), ("        - relu  # inside\n", "")],
        [("classes}\n", "64}\n    - relu\n    - linear: {out_features: classes}\n")],
        [("        - relu  # inside\n", "        - relu  # inside\n        - tanh\n")],
        [("16, kernel_size: 3, padding: same}", "16, kernel_size: [3, 5]}")],
        [("  seed: 0\n", "  seed: 0\n  on_non_finite: pause\n")],
        [("{name: sgd, lr: 0.01}", "{name: adam, lr: 0.01, eps: 0.001}")],
        [("  iterations: 300  # enough\n", ""), ("seed: 0", "seed: 0\n  epochs: 0.5")],
    ],
)
def test_only_what_differs_is_written_anew(
    replacements: list[tuple[str, str]],
) -> None:
    expected = changed(WRITTEN, *replacements)
    assert rewritten(WRITTEN.encode(), value(expected)) == expected


def test_a_new_residual_is_laid_out_like_the_others() -> None:
    block = """\
    - residual:
        - conv2d: {out_channels: 8, kernel_size: 3}
        - residual:
            - relu
"""
    expected = changed(WRITTEN, ("    - flatten\n", f"{block}    - flatten\n"))
    assert rewritten(WRITTEN.encode(), value(expected)) == expected


def test_a_folded_text_stays_folded() -> None:
    expected = changed(WRITTEN, ("  Two lines\n  of text.", "  Other words."))
    assert rewritten(WRITTEN.encode(), value(expected)) == expected
    long = {**value(WRITTEN), "description": "many words " * 99 + "end"}
    text = rewritten(WRITTEN.encode(), long)
    assert value(text) == long and max(map(len, text.splitlines())) <= 88
    assert "# the eye" in text


def test_a_first_layer_goes_above_the_others() -> None:
    first = "    - conv2d: {out_channels: 16, kernel_size: 5"
    expected = changed(WRITTEN, (first, f"    - batch_norm2d\n{first}"))
    assert rewritten(WRITTEN.encode(), value(expected)) == expected


@pytest.mark.parametrize("file", list_presets(), ids=lambda file: file.name)
def test_every_preset_can_be_changed_and_means_what_it_should(file: PresetFile) -> None:
    data = file.path.read_bytes()
    old = load(data, "x").value
    assert rewritten(data, old) == data.decode()
    for index in range(len(old["model"]["layers"])):
        new = deepcopy(old)
        new["model"]["layers"][index : index + 2] = ["silu", {"dropout": {"p": 0.1}}]
        new["training"]["seed"] = 7
        text = rewritten(data, new)
        assert value(text) == new
        assert set(data.decode().splitlines()[:8]) <= set(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "model: {layers: [flatten, {linear: {out_features: classes}}]}",
        "{model: {layers: [flatten, {linear: {out_features: classes}}]}}",
        "model:\n  layers:\n  - flatten\n  - linear:\n      out_features: classes",
        "model:\r\n  layers:\r\n  - flatten\r\n  - linear: {out_features: classes}\r\n",
        "model:\n  layers:\n  - flatten\n  - linear:\n      out_features: |-\n"
        "        classes\n",
        "no: [yaml",
        "model:\n  layers:\n  -\n    flatten\n  - linear: {out_features: classes}",
    ],
)
def test_any_layout_means_what_it_should(text: str) -> None:
    new = {
        "model": {"layers": ["relu", "flatten", {"linear": {"out_features": 10}}]},
        "training": {"seed": 3},
    }
    assert value(rewritten(text.encode(), new)) == new
