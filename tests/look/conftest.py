"""A run that looks may be taken at."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cnn_tui.cli import main


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 40 updates of model C on the real MNIST."""
    runs = tmp_path_factory.mktemp("looked-at")
    options = ["--set", "iterations=40", "--set", "evaluate_every=20"]
    options += ["--set", "train_images=2000", "--runs-dir", str(runs)]
    trained = CliRunner().invoke(main, ["train", "model-c", *options])
    assert trained.exit_code == 0, trained.output
    [path] = runs.iterdir()
    return path
