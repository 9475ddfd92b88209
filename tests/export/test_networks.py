"""Networks for other programs: what they find is what torch finds."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from cnn_tui.cli.options import moment_of
from cnn_tui.engine.export.graph import Graph, Run, check
from cnn_tui.engine.look.source import Source
from cnn_tui.errors import DataError, TrainingError
from tests.cli.commands import invoke, preset, refusal
from tests.engine.making import same

NET = """\
title: Net
dataset: {train_images: 500, normalize: mean_std}
model:
  layers:
    - conv2d: {out_channels: 4, kernel_size: 3, stride: 2}
    - batch_norm2d
    - relu
    - residual: [{conv2d: {out_channels: 8, kernel_size: 3, padding: 1}}]
    - adaptive_avg_pool2d: {output_size: 3}
    - flatten
    - linear: {out_features: classes}
training:
  {iterations: 20, batch_size: 50, evaluate_every: 10, threads: 1, ema_decay: 0.9,
   evaluate_flipped: true}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a net with all that an export has to carry along."""
    folder = tmp_path_factory.mktemp("networks")
    result = invoke("train", preset(folder, NET), "--runs-dir", folder / "runs")
    assert result.exit_code == 0, result.stderr
    [path] = (folder / "runs").iterdir()
    return path


def exported(run: Path, kind: str, output: Path, *options: object) -> str:
    """Exports a network, in a process of its own; returns what is said of it.

    torch.export refuses to work where a training has set how exactly to compute.
    """
    words = ["export", run, "--to", kind, "--output", output, *options, "--json"]
    command = [sys.executable, "-m", "cnn_tui", *map(str, words)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    note: str = json.loads(result.stdout)["note"]
    return note


def pictures(count: int) -> "np.ndarray":
    """Returns random pictures as they are stored."""
    numbers = np.random.default_rng(count)
    return numbers.integers(0, 256, (count, 1, 28, 28)).astype(np.uint8)


def as_evaluated(run: Path, images: "np.ndarray", checkpoint: str) -> "np.ndarray":
    """Returns the scores that an evaluation is made of."""
    moment = moment_of(checkpoint)
    assert moment is not None
    with torch.no_grad():
        scores = Source(run, None).at(moment).network(torch.from_numpy(images))
    return np.asarray(scores.numpy())


@pytest.mark.parametrize("count", [1, 7])
def test_the_graph_gives_the_scores_of_an_evaluation(run: Path, count: int) -> None:
    images = pictures(count)
    with torch.no_grad():
        scores, chances = Graph(Source(run, None).at("best"))(torch.from_numpy(images))
    expected = as_evaluated(run, images, "best")
    np.testing.assert_allclose(scores.numpy(), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(chances.sum(1).numpy(), 1, rtol=1e-6)


def test_onnx_is_one_file_with_all_in_it(run: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "net.onnx"
    note = exported(run, "onnx", path, "--checkpoint", 10)
    assert "after update 10" in note
    assert "100 test pictures" in note
    assert list(tmp_path.iterdir()) == [path]
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    extra = {item.key: item.value for item in model.metadata_props}
    assert json.loads(extra["classes"]) == [str(n) for n in range(10)]
    assert extra["config"].startswith("format: 1")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for count in (1, 3, 8):
        images = pictures(count)
        scores, chances = session.run(None, {"images": images})
        expected = as_evaluated(run, images, "10")
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-5)


def test_pt2_runs_without_this_program(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    assert "100 test pictures" in exported(run, "pt2", path)
    extra = {"classes": "", "step": ""}
    program = torch.export.load(io.BytesIO(path.read_bytes()), extra_files=extra)
    assert json.loads(extra["classes"])[3] == "3"
    images = pictures(5)
    with torch.no_grad():
        scores, _ = program.module()(torch.from_numpy(images))
    expected = as_evaluated(run, images, extra["step"])
    np.testing.assert_allclose(scores.numpy(), expected, rtol=1e-5, atol=1e-5)


def test_safetensors_is_the_runs_own_file(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    words = ("export", run, "--to", "safetensors", "--output", path, "--checkpoint")
    assert "after update 20" in invoke(*words, "newest").stdout
    mine, own = map(metadata_and_weights, (path, run / "model.safetensors"))
    assert mine[0] == own[0]
    assert same(mine[1], own[1])
    assert invoke(*words, 10, "--force").exit_code == 0
    weights = Source(run, None).at(10).network.model.state_dict()
    assert same(dict(weights), load_file(path))


def metadata_and_weights(path: Path) -> tuple[Any, Any]:
    """Returns what a safetensors file holds."""
    with safe_open(path, "pt") as file:
        metadata: Any = file.metadata()
    return metadata, load_file(path)


def test_without_the_data_it_is_checked_on_random_pictures(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(run, None)
    graph = Graph(source.at("newest"))

    def missing(*_: Any, **__: Any) -> None:
        raise DataError("the data set is not here")

    monkeypatch.setattr("cnn_tui.engine.look.source.load_splits", missing)
    assert "100 random pictures" in check(chances_of(graph), graph, source, "it")


def test_what_differs_from_torch_is_an_error(run: Path) -> None:
    source = Source(run, None)
    graph = Graph(source.at("newest"))
    right = chances_of(graph)
    assert "100 test pictures" in check(right, graph, source, "it")
    with pytest.raises(TrainingError, match="differs from torch by 2e-05"):
        check(lambda images: right(images) + 2e-5, graph, source, "it")
    with pytest.raises(TrainingError, match="differs from torch by nan"):
        check(lambda images: right(images) * np.nan, graph, source, "it")


def chances_of(graph: Graph) -> Run:
    """Returns the graph as something to be checked."""

    def run(images: "np.ndarray") -> "np.ndarray":
        with torch.no_grad():
            return np.asarray(graph(torch.from_numpy(images))[1].numpy())

    return run


def test_a_step_without_a_checkpoint_is_refused(run: Path, tmp_path: Path) -> None:
    words = ("export", run, "--to", "pt2", "--output", tmp_path / "x")
    assert "no checkpoint of step 3" in refusal(*words, "--checkpoint", 3)
