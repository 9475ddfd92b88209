"""Commands of cnn-tui, in this process."""

from pathlib import Path

from click.testing import CliRunner, Result

from cnn_tui.cli import main


def invoke(*arguments: object) -> Result:
    """Runs a command to its end; whatever it raises is raised here."""
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def refusal(*arguments: object) -> str:
    """Returns the sentence with which bad input is refused."""
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    return line.removeprefix("cnn-tui: ")


def preset(folder: Path, text: str, name: str = "mine") -> Path:
    """Writes a preset file."""
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


SMALL = """\
title: Small
dataset: {train_images: 500}
model: {layers: [flatten, linear: {out_features: classes}]}
training: {iterations: 20, batch_size: 50, evaluate_every: 10, threads: 1}
"""
LEARNS = """\
title: Learns
dataset: {train_images: 2000}
model:
  layers:
    - flatten
    - linear: {out_features: 64}
    - relu
    - linear: {out_features: classes}
training:
  iterations: 20
  batch_size: 100
  threads: 1
  optimizer: {name: sgd, lr: 0.01}
"""
"""A net whose loss falls within few updates."""
