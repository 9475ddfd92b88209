"""``cnn-tui train`` without a screen, in this process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from cnn_tui.cli import main
from tests.cli.commands import SMALL, invoke, preset

SOURCE = Path(__file__).parents[2]


def only_run() -> Path:
    """Returns the one run in ./runs."""
    [path] = Path("runs").iterdir()
    return path.absolute()


def test_json_is_the_run_then_its_lines_then_its_status(small: Path) -> None:
    result = invoke("train", small, "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    first, *lines, last = map(json.loads, result.stdout.splitlines())
    run = only_run()
    assert first == {"run": str(run)}
    assert last == json.loads((run / "status.json").read_text())
    assert last["state"] == "finished"
    for name, is_event in (("metrics", False), ("events", True)):
        text = (run / f"{name}.jsonl").read_text()
        written = [json.loads(line) for line in text.splitlines()]
        assert [line for line in lines if ("event" in line) == is_event] == written
    evaluated = next(i for i, line in enumerate(lines) if "test/loss" in line)
    before = [line["step"] for line in lines[:evaluated] if "train/loss" in line]
    assert before == list(range(1, 11))


def test_plain_lines_tell_of_evaluations_and_the_end(small: Path) -> None:
    result = invoke("train", small)
    assert result.exit_code == 0
    first, ten, twenty, last = result.stdout.splitlines()
    assert first == f"run {only_run()}"
    assert ten.startswith("step 10/20  loss ")
    assert twenty.startswith("step 20/20  loss ")
    assert " %  " in ten
    assert last.startswith("finished at step 20 of 20, in 0:0")


def test_settings_name_and_folder_are_obeyed(small: Path) -> None:
    arguments = ["--set", "iterations=3", "--name", "My Run!", "--runs-dir", "there"]
    assert invoke("train", small, *arguments).exit_code == 0
    [run] = Path("there").iterdir()
    assert run.name.endswith("-my-run")
    assert "iterations: 3\n" in (run / "config.yaml").read_text()
    status = json.loads((run / "status.json").read_text())
    assert (status["preset"], status["total_steps"]) == ("small", 3)


def test_a_failed_run_is_exit_code_1() -> None:
    diverging = SMALL.replace("training: {", "training: {optimizer: {lr: 1.0e+38}, ")
    path = preset(Path(), diverging.replace("[flatten", "[relu, flatten"))
    result = invoke("train", path, "--set", "loss=mse")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].endswith("non_finite")


def test_runs_and_show_tell_of_it(small: Path) -> None:
    invoke("train", small, "--name", "one")
    invoke("train", small, "--name", "two", "--set", "validation_images=100")
    newest, oldest = invoke("runs").stdout.splitlines()
    assert "two" in newest.split()[0]
    assert "✓ finished" in oldest
    assert "20/20" in oldest
    found = json.loads(invoke("runs", "--json").stdout)
    assert [run["shown_state"] for run in found] == ["finished", "finished"]
    for run, judge in zip(found, ("validation", "test"), strict=True):
        shown = json.loads(invoke("show", run["id"], "--json").stdout)
        assert shown["parameters"] == 7850
        assert shown["results"]["best"] == run["best"]
        assert shown["results"]["best_by"] == judge
    text = invoke("show", found[0]["path"]).stdout
    assert "20 iterations: 2 epochs of 10 updates" in text
    words = dict(re.findall(r"^(\S.*?)   +(.*)$", text.partition("\nstate ")[2], re.M))
    assert re.fullmatch(r"\d+\.\d\d % validation accuracy at step [12]0", words["best"])
    assert re.fullmatch(r"step 20 of 20, epoch 2\.00, in 0:\d\d", words["progress"])
    assert words["last checkpoint"] == "at step 20"
    assert not re.search(r"\d\.\d{7}", text)


def test_an_unreadable_run_is_listed_with_its_problem(small: Path) -> None:
    invoke("train", small)
    (only_run() / "status.json").write_text("\x1b[2J")
    line = invoke("runs").stdout
    assert "✗ unreadable" in line
    assert "\x1b" not in line


def test_a_path_with_control_characters_is_escaped(small: Path) -> None:
    result = invoke("train", small, "--runs-dir", "evil\x1b[2J")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert any(Path("evil\x1b[2J").iterdir())


def test_an_output_that_cannot_show_everything_ends_no_training(small: Path) -> None:
    words = ["train", str(small), "--runs-dir", "größe"]
    result = CliRunner(charset="ascii").invoke(main, words)
    assert result.exit_code == 0
    assert "/gr??e/" in result.stdout


def test_such_an_output_hears_of_a_run_in_the_background(small: Path) -> None:
    words = ["train", str(small), "--runs-dir", "größe", "--background"]
    result = subprocess.run(
        [sys.executable, "-m", "cnn_tui", *words],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "come back with: cnn-tui attach " in result.stdout
    assert "/gr??e/" in result.stdout
