"""The printed module, run in a process that has torch and safetensors alone."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.engine.network import Scaling, new_network, to_safetensors
from cnn_tui.layers import LAYER_TYPES
from cnn_tui.notation.code import torch_code
from tests.cli.commands import invoke
from tests.engine.making import make_config

_END: list[Any] = ["flatten", {"linear": {"out_features": "classes"}}]
EVERYTHING: list[Any] = [
    {"conv2d": {"out_channels": 8, "kernel_size": [3, 5], "padding": "same"}},
    {"batch_norm2d": {"eps": 0.01, "momentum": None}},
    "relu",
    {
        "conv2d": {
            "out_channels": 8,
            "kernel_size": [5, 3],
            "padding": [2, 1],
            "padding_mode": "reflect",
            "dilation": [1, 2],
            "groups": 4,
            "bias": False,
        }
    },
    {"leaky_relu": {"negative_slope": 0.2}},
    {
        "conv2d": {
            "out_channels": 6,
            "kernel_size": 3,
            "padding": "same",
            "padding_mode": "circular",
        }
    },
    {"batch_norm2d": {"affine": False}},
    "silu",
    {"max_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}},
    {"dropout2d": {"p": 0.2}},
    {
        "residual": [
            {
                "conv2d": {
                    "out_channels": 8,
                    "kernel_size": 3,
                    "stride": 2,
                    "padding": 1,
                    "padding_mode": "replicate",
                }
            },
            {"gelu": {"approximate": "tanh"}},
            {"residual": ["tanh"]},
        ]
    },
    {"avg_pool2d": {"kernel_size": 3, "padding": 1, "count_include_pad": False}},
    {"adaptive_avg_pool2d": {"output_size": [3, 2]}},
    "sigmoid",
    "flatten",
    {"residual": [{"linear": {"out_features": 20, "bias": False}}, "gelu"]},
    {"dropout": {"p": 0.2}},
    {"linear": {"out_features": "classes"}},
]
_ALONE = """
import runpy, sys
import torch
from safetensors.torch import load_file, save_file
assert not any(name.partition(".")[0] == "cnn_tui" for name in sys.modules)
net = runpy.run_path("net.py", run_name="net")["load"]("model.safetensors")
torch.set_num_threads(1)
with torch.inference_mode():
    scores = net(load_file("images.safetensors")["images"])
save_file({"scores": scores}, "scores.safetensors")
"""


def run_alone(folder: Path, *words: str) -> str:
    """Runs Python without this package, and returns what it prints."""
    result = subprocess.run(
        [sys.executable, "-I", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    return result.stdout


def scores_alone(folder: Path, config: RunConfig, scaling: Scaling) -> torch.Tensor:
    """Returns the scores of the printed module, after checking them against ours."""
    network, _ = new_network(config, scaling, torch.device("cpu"))
    shape = config.dataset.facts.input_shape
    images = torch.randint(0, 256, (16, *shape), dtype=torch.uint8)
    with torch.no_grad():
        network.model.train()
        network.outputs(network.inputs(images))  # moves the running statistics
        network.model.eval()
        ours = network(images)
    (folder / "model.safetensors").write_bytes(to_safetensors(network, config, 1))
    save_file({"images": images}, folder / "images.safetensors")
    (folder / "net.py").write_text(torch_code(config), encoding="utf-8")
    run_alone(folder, "-c", _ALONE)
    theirs = load_file(folder / "scores.safetensors")["scores"]
    torch.testing.assert_close(theirs, ours, rtol=1e-6, atol=1e-6)
    return theirs


def test_every_type_of_layer_gives_the_same_scores(tmp_path: Path) -> None:
    config = make_config(EVERYTHING)
    code = torch_code(config)
    used = json.dumps(EVERYTHING)
    assert all(f'"{name}"' in used for name in LAYER_TYPES)
    assert "nn.Conv2d(8, 8, kernel_size=(5, 3), padding=(2, 1), dilation" in code
    assert "shortcut=nn.Conv2d(6, 8, kernel_size=1, stride=2, bias=False)" in code
    assert scores_alone(tmp_path, config, Scaling()).shape == (16, 10)


@pytest.mark.parametrize(
    "training",
    [
        {"memory_format": "contiguous"},
        {"evaluate_flipped": True},
        {"precision": "bfloat16"},
        {"precision": "bfloat16", "evaluate_flipped": True},
    ],
)
def test_it_evaluates_as_the_run_does(tmp_path: Path, training: dict[str, Any]) -> None:
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 5}}
    dataset = {"name": "cifar10", "normalize": "mean_std"}
    config = make_config([conv, "relu", *_END], dataset, **training)
    scaling = Scaling(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))
    assert scores_alone(tmp_path, config, scaling).dtype == torch.float32


def test_its_program_names_what_is_on_a_picture(tmp_path: Path) -> None:
    config = make_config(_END)
    network, _ = new_network(config, Scaling(), torch.device("cpu"))
    image = Image.linear_gradient("L").resize((28, 28))
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    with torch.no_grad():
        share, best = network(pixels.view(1, 1, 28, 28)).softmax(1).max(1)
    (tmp_path / "model.safetensors").write_bytes(to_safetensors(network, config, 1))
    (tmp_path / "net.py").write_text(torch_code(config), encoding="utf-8")
    image.save(tmp_path / "a.png")
    said = run_alone(tmp_path, "net.py", "model.safetensors", "a.png")
    assert said == f"a.png: {best.item()}, {share.item():.1%}\n"


def test_what_people_wrote_stays_a_literal_or_a_comment() -> None:
    evil = 'a"\nraise SystemExit("title")\u2028\r\x0c"""'
    names = ["'); raise SystemExit(1) #", '"""\n', *(f"class {i}" for i in range(40))]
    config = parse_mapping(
        {
            "title": evil,
            "dataset": {
                "folder": "/nowhere",
                "image_size": 8,
                "found": {
                    "input_shape": [3, 8, 8],
                    "class_names": names,
                    "train_images": 50,
                    "test_images": 50,
                    "validation_images": 0,
                    "fingerprint": "0" * 64,
                },
            },
            "model": {"layers": _END},
            "training": {"batch_size": 50},
        }
    )
    code = torch_code(config)
    defined: dict[str, Any] = {"__name__": "net"}
    exec(compile(code, "net.py", "exec"), defined)
    assert defined["CLASSES"] == tuple(names)
    assert max(map(len, code.splitlines())) <= 120


@pytest.mark.parametrize("name", ["model-a", "cifar10-resnet", "mnist-best"])
def test_show_prints_code_that_python_takes(name: str) -> None:
    code = invoke("show", name, "--code").stdout
    compile(code, "net.py", "exec")
    assert ("class Residual" in code) is (name == "cifar10-resnet")
    assert max(map(len, code.splitlines())) <= 88
