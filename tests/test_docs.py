"""What the documents list is all that there is."""

from pathlib import Path

import pytest

from cnn_tui.cli import COMMANDS
from cnn_tui.config import variants
from cnn_tui.runs import orders

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FORMAT = " ".join((ROOT / "docs" / "run-directory.md").read_text().split())


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_the_readme_names_every_command(name: str) -> None:
    assert f"`cnn-tui {name}" in README or f" · `{name}`" in README


@pytest.mark.parametrize("command", orders.COMMANDS)
def test_the_format_names_every_order_with_its_arguments(command: str) -> None:
    names = ", ".join(argument.name for argument in orders.ARGUMENTS[command])
    written = f"{command} {{{names}}}" if names else command
    assert f" {written} · " in FORMAT or f" · {written}." in FORMAT


@pytest.mark.parametrize(
    "name", sorted({*variants("training.schedule")} - {"constant"})
)
def test_the_format_has_the_formula_of_every_schedule(name: str) -> None:
    assert f"- {name}: " in FORMAT
