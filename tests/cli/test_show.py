"""Presets, runs and the machine, shown to people and to scripts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from cnn_tui import __version__
from cnn_tui.cli import COMMANDS
from cnn_tui.presets.files import BUILTIN_ORDER
from tests.cli.commands import invoke, refusal


def as_json(*arguments: object) -> Any:
    """Returns what a command prints for scripts."""
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_help_names_every_command() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command.name} " in result.stdout
        assert invoke(command.name, "--help").exit_code == 0


def test_the_version() -> None:
    assert invoke("--version").stdout == f"cnn-tui {__version__}\n"


def test_without_a_terminal_there_is_no_dashboard() -> None:
    assert refusal().startswith("there is no terminal to open the dashboard on")


def test_the_folder_in_the_advice_of_attach_is_escaped() -> None:
    sentence = refusal("attach", "--runs-dir", "evil\x1b[2J")
    assert "\x1b" not in sentence
    assert r"evil\x1b[2J" in sentence


def test_presets_are_listed_with_their_titles() -> None:
    lines = invoke("presets").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(BUILTIN_ORDER)
    found = as_json("presets")
    assert [entry["name"] for entry in found] == list(BUILTIN_ORDER)
    assert all(entry["builtin"] and entry["title"] for entry in found)


def test_a_broken_preset_is_listed_with_its_problem() -> None:
    Path("presets").mkdir()
    Path("presets/broken.yaml").write_text("model: 5")
    entry = as_json("presets")[-1]
    assert (entry["name"], entry["title"], entry["builtin"]) == ("broken", None, False)
    assert "must be a mapping" in entry["error"]
    assert "✗ presets/broken.yaml" in invoke("presets").stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "readout", "parameters"),
    [("model-a", [10, 1568], 28_938), ("model-c", [10, 512], 18_378)],
)
def test_show_tells_shapes_and_sizes(
    name: str, readout: list[int], parameters: int
) -> None:
    found = as_json("show", name)
    shapes = [shape for row in found["layers"] for shape in row["parameter_shapes"]]
    conv = [[16, 1, 5, 5], [16], [32, 16, 5, 5], [32]]
    assert shapes == [*conv, readout, [10]]
    assert found["parameters"] == parameters
    assert found["training"]["optimizer"]["name"] == "sgd"
    assert (found["total_steps"], found["steps_per_epoch"]) == (3000, 600)


def test_show_fills_the_formulas_in() -> None:
    result = invoke("show", "model-a")
    assert result.exit_code == 0
    first = next(line for line in result.stdout.splitlines() if line.startswith("1 "))
    assert "conv2d 16, 5×5" in first
    assert "16×28×28" in first
    assert "⌊(28 − 5 + 2·2)/1⌋ + 1 = 28" in first
    assert "28,938 parameters" in result.stdout
    assert "training.batch_size" in result.stdout


def test_show_gives_scripts_the_nested_layers_and_the_names_of_modules() -> None:
    found = as_json("show", "cifar10-resnet")
    inner = next(row for row in found["layers"] if row["number"] == "8.4")
    assert inner["module"] == "7.body.3"
    assert inner["input_shape"] == inner["output_shape"] == [128, 16, 16]
    assert inner["receptive_field"] == [14, 14]
    assert len(found["model"]["layers"][7]["residual"]) == 6
    assert found["classes"][0] == "airplane"


def test_show_takes_one_form_at_a_time() -> None:
    sentence = refusal("show", "model-a", "--tree", "--code")
    assert sentence == "give one of --json, --tree and --code"


def test_show_draws_a_tree() -> None:
    lines = invoke("show", "model-a", "--tree").stdout.splitlines()
    assert lines[2] == "├─ 1 conv2d 16, 5×5 → 16×28×28 · 416 parameters"
    assert lines[-2] == "└─ 8 linear 10 → 10 · 15,690 parameters"


def test_what_is_neither_a_preset_nor_a_run_is_refused() -> None:
    assert refusal("show", "model-z").startswith("no preset model-z; did you mean")
    Path("folder").mkdir()
    assert refusal("show", "folder").endswith("it has no config.yaml")


def test_no_runs_are_no_error() -> None:
    result = invoke("runs")
    assert result.exit_code == 0
    assert result.stdout == f"no runs in {Path('runs').absolute()} yet\n"
    assert as_json("runs") == []


def test_doctor_tells_what_is_there_and_invents_nothing() -> None:
    found = as_json("doctor", "--runs-dir", "here")
    assert found["versions"]["cnn-tui"] == __version__
    assert {"versions", "devices", "terminal", "folders"} <= set(found)
    assert found["folders"]["runs"] == f"{Path('here').absolute()}, not made yet"
    assert "cores" in found["devices"]["cpu"]
    assert found["devices"]["torch uses"] != []
    flags = Path("/proc/cpuinfo")
    if flags.exists() and hasattr(torch.cpu, "get_capabilities"):
        is_there = "amx_bf16" in flags.read_text().split()
        words = "yes, for precision: bfloat16" if is_there else "no"
        assert found["devices"]["cpu amx"] == words
    lines = invoke("doctor").stdout.splitlines()
    assert lines[0] == "versions"
    assert f"  presets       {Path('presets').absolute()}, not made yet" in lines
    assert "  on_non_finite stop; in the dashboard pause" in lines


def test_the_data_folder_of_the_environment_may_begin_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CNN_TUI_DATA", "~/data")
    found = as_json("doctor")["folders"]["data"]
    assert found == f"{tmp_path / 'data'}, not made yet"


def test_a_run_in_a_state_of_a_newer_version_is_shown_by_its_word() -> None:
    golden = Path(__file__).parents[1] / "golden" / "finished"
    run = Path(shutil.copytree(golden, Path("runs", "a")))
    text = (run / "status.json").read_text()
    (run / "status.json").write_text(text.replace('"finished"', '"migrating"'))
    assert "? migrating" in invoke("runs").stdout
    assert "\nstate                        ? migrating\n" in invoke("show", "a").stdout
    assert as_json("show", "a")["results"]["shown_state"] == "migrating"
    (run / "status.json").write_text(text.replace('"format":1', '"format":2'))
    assert "has format 2, this version of cnn-tui reads" in invoke("runs").stdout
    assert "has format 2, this version of cnn-tui reads" in refusal("show", "a")


def test_an_interrupt_before_any_training_is_exit_code_130(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cnn_tui.presets.files.list_presets", interrupted)
    result = invoke("presets")
    assert (result.exit_code, result.output) == (130, "")
