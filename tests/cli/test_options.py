"""Options that may stand before the command or after it."""

from pathlib import Path
from typing import Any

import click
import pytest

from cnn_tui.cli import COMMANDS, main
from tests.cli.commands import invoke, refusal

GIVEN = ("--runs-dir", "there", "--data-dir", "data", "--marker", "ascii")


def parsed(before: tuple[str, ...], command: click.Command, *after: str) -> Any:
    """Returns what a command is given, without running it."""
    needed = [word for p in command.params if p.required for word in _words(p)]
    outer = main.make_context("cnn-tui", list(before))
    return command.make_context(command.name, [*needed, *after], parent=outer).params


def _words(parameter: click.Parameter) -> list[str]:
    """Returns what may be given for a parameter."""
    kind = parameter.type
    value = kind.choices[0] if isinstance(kind, click.Choice) else "a"
    return (
        [value] if isinstance(parameter, click.Argument) else [parameter.opts[0], value]
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_what_stands_before_a_command_is_for_the_command(
    command: click.Command,
) -> None:
    found = parsed(GIVEN, command)
    expected = {
        "runs_dir": Path("there").absolute(),
        "data_dir": Path("data"),
        "marker": "ascii",
    }
    for name in found.keys() & expected.keys():
        assert found[name] == expected[name]


def test_what_stands_behind_the_command_wins() -> None:
    after = ("--runs-dir", "here", "--data-dir", "more", "--marker", "auto")
    found = parsed(GIVEN, main.commands["attach"], *after)
    assert found["runs_dir"] == Path("here").absolute()
    assert (found["data_dir"], found["marker"]) == (Path("more"), "auto")


def test_without_options_there_are_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_TUI_RUNS", "elsewhere")
    found = parsed((), main.commands["attach"])
    assert found["runs_dir"] == Path("elsewhere").absolute()
    assert (found["data_dir"], found["marker"]) == (None, "auto")


def test_runs_are_looked_for_in_the_folder_that_was_given() -> None:
    there = Path("there").absolute()
    assert invoke("--runs-dir", "there", "runs").stdout == f"no runs in {there} yet\n"
    sentence = refusal("--runs-dir", "there", "send", "a", "pause")
    assert sentence == f'no run "a" in {there}: there are no runs yet'
