"""Heavy modules are imported only where they are needed."""

import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_tui import runs

GOLDEN = Path(__file__).parent / "golden" / "finished"
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


def test_what_is_mistyped_is_refused_before_torch_is_waited_for() -> None:
    words = ["resume", str(GOLDEN), "--iterations", "abc"]
    script = f"""
import sys
from cnn_tui.cli import main
try:
    main({words})
finally:
    print("torch" in sys.modules)
"""
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stderr.startswith("cnn-tui: --iterations abc: must be a number")
    assert (result.returncode, result.stdout) == (2, "False\n")


def test_the_run_directory_names_all_its_modules() -> None:
    modules = {module.name for module in pkgutil.iter_modules(runs.__path__)}
    assert modules <= set(re.findall(r"\w+", runs.__doc__ or ""))
