"""Heavy modules are imported only where they are needed."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "torchvision", "textual", "plotext", "numpy", "pydantic", "yaml")


def imported_by(module: str) -> set[str]:
    """Returns which heavy modules a fresh interpreter has after an import."""
    script = f"import sys, {module}; print(*(m for m in {HEAVY} if m in sys.modules))"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_the_command_line_starts_light() -> None:
    assert imported_by("cnn_tui.cli") == set()


def test_presets_are_listed_without_reading_them() -> None:
    assert imported_by("cnn_tui.presets.files") == set()


@pytest.mark.parametrize(
    "module", ["cnn_tui.presets.read", "cnn_tui.runs.reader", "cnn_tui.runs.writer"]
)
def test_only_the_engine_imports_torch_and_only_the_ui_textual(module: str) -> None:
    assert not imported_by(module) & {"torch", "torchvision", "textual", "plotext"}
