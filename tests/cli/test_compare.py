"""``cnn-tui compare``, and ``cnn-tui plot`` of several runs."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from PIL import Image

from cnn_tui.cli import main
from cnn_tui.runs.status import read_status

from .commands import invoke, refusal

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns and 30 lines."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "30")
    monkeypatch.setenv("NO_COLOR", "1")


def test_the_table_has_what_differs(compared_runs: list[Path]) -> None:
    lines = invoke("compare", *compared_runs[:3]).stdout.splitlines()
    assert lines[0] == f"A  {compared_runs[0].name}"
    words = [line.split() for line in lines]
    assert ["optimizer.lr", "0.1", "0.1", "0.2"] in words
    assert ["seed", "0", "1", "0"] in words
    assert not any(line.startswith("batch_size") for line in lines)
    [best] = [line for line in lines if line.startswith("test loss")]
    assert best.count("●") == 1


def test_json_has_values_and_the_best(compared_runs: list[Path]) -> None:
    found = json.loads(invoke("compare", "--json", *compared_runs).stdout)
    assert found["runs"] == [run.name for run in compared_runs]
    rows = {row["key"]: row for row in found["differences"]}
    statuses = [read_status(run) for run in compared_runs]
    losses = [status.test_loss if status else None for status in statuses]
    assert rows["test loss"]["values"] == losses
    assert rows["test loss"]["best"] == [losses.index(min(filter(None, losses)))]
    assert rows["training.seed"]["part"] == "config"


def test_too_few_and_too_many_are_refused(compared_runs: list[Path]) -> None:
    run = compared_runs[0]
    assert refusal("compare", run, run) == "name 2 to 12 different runs, not 1"
    assert refusal("plot") == "name 1 to 12 different runs, not 0"


def test_in_ascii_several_runs_are_lines_of_letters(compared_runs: list[Path]) -> None:
    words = ["plot", *map(str, compared_runs)]
    result = CliRunner(charset="ascii").invoke(main, words)
    assert result.exit_code == 0
    assert result.stdout_bytes.isascii()
    for letter, run in zip("ABCD", compared_runs, strict=True):
        assert f"{letter}  {run.name}" in result.stdout
        assert re.search(f"{letter}{{3}}|{letter}.*{letter}", result.stdout)


def test_several_runs_are_drawn_with_their_letters(compared_runs: list[Path]) -> None:
    text = invoke("plot", *compared_runs, "--x", "images").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "train loss" in text
    assert "test accuracy, %" in text
    assert "4,000" in text or "4.00 k" in text
    only = invoke("plot", *compared_runs, "--metric", "loss").stdout
    assert "accuracy" not in only


@pytest.mark.parametrize("number", [1, 4])
def test_an_svg_has_a_line_for_each_run(compared_runs: list[Path], number: int) -> None:
    invoke("plot", *compared_runs[:number], "--svg", "a.svg", "--metric", "loss")
    root = ElementTree.parse("a.svg").getroot()
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    curves = [
        element
        for element in root.iter(f"{SVG}polyline")
        if len(element.attrib["points"].split()) >= 4
    ]
    if number == 1:
        assert len(curves) == 2
        assert any("tests" in text for text in texts)
    else:
        assert len(curves) == number
        for letter, run in zip("ABCD", compared_runs, strict=True):
            assert f"{letter}  {run.name}" in texts
            assert letter in texts


def test_names_are_escaped_in_a_picture(
    compared_runs: list[Path], tmp_path: Path
) -> None:
    odd = tmp_path / "<script>&\x1b"
    shutil.copytree(compared_runs[0], odd)
    invoke("plot", odd, compared_runs[1], "--svg", "a.svg")
    assert "<script>" not in Path("a.svg").read_text()
    texts = [it.text for it in ElementTree.parse("a.svg").iter(f"{SVG}text")]
    assert r"A  <script>&\x1b" in texts


def test_a_png_is_a_picture_and_is_not_written_over(compared_runs: list[Path]) -> None:
    assert "a.png, " in invoke("plot", *compared_runs, "--png", "a.png").stdout
    with Image.open("a.png") as picture:
        picture.load()
        assert picture.width > 1000
        assert len(picture.getcolors(2**20) or ()) > 5
    assert "is there already" in refusal("plot", *compared_runs, "--png", "a.png")
    assert invoke("plot", compared_runs[0], "--png", "a.png", "--force").exit_code == 0


def test_a_picture_that_cannot_be_written_is_refused(
    compared_runs: list[Path],
) -> None:
    said = refusal("plot", *compared_runs, "--svg", "nowhere/a.svg")
    assert said == "nowhere/a.svg cannot be written: No such file or directory"


def test_images_that_are_not_known_are_not_drawn(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").touch()
    row = b'{"step": 1, "epoch": 1, "time": 1, "train/loss": 0.5}\n'
    (run / "metrics.jsonl").write_bytes(row)
    said = refusal("plot", run, "--x", "images", "--svg", "a.svg")
    assert said == "there is nothing to draw over images in these runs"
    assert refusal("plot", run, "--x", "images") == said


@pytest.fixture
def seeds(small: Path) -> list[Path]:
    """Runs of the seeds 0, 1, 2 at one rate, and of 0 and 1 at a lower one."""
    made = []
    for seed, rate in ((0, 0.1), (1, 0.1), (2, 0.1), (0, 0.001), (1, 0.001)):
        own = ["--set", f"seed={seed}", "--set", f"lr={rate}"]
        told = invoke("train", small, *own, "--name", f"rate {rate}", "--json")
        made.append(Path(json.loads(told.stdout.splitlines()[0])["run"]))
    return made


def test_all_seeds_are_taken_and_the_answer_is_in_words(seeds: list[Path]) -> None:
    found = json.loads(invoke("compare", "rate 0.001", "rate 0.1", "--json").stdout)
    assert [group["letters"] for group in found["seeds"]] == ["A", "B"]
    statuses = list(filter(None, map(read_status, seeds)))
    each = [status.test_accuracy for status in statuses]
    low, high = (group["accuracies"] for group in found["seeds"])
    assert low == {"0": each[3], "1": each[4]}
    assert high == {"0": each[0], "1": each[1], "2": each[2]}
    [answer] = found["answers"]
    assert (answer["a"], answer["b"]) == ("A", "B")
    assert answer["difference"]["seeds"] == [2]
    lines = invoke("compare", "rate 0.001", "rate 0.1").stdout.splitlines()
    assert lines[-1] == answer["answer"]
    assert lines[-2].startswith("B  ")
    assert lines[-2].endswith(" %, 3 seeds")


def test_forks_and_what_was_changed_live_are_no_seeds(seeds: list[Path]) -> None:
    assert invoke("fork", f"{seeds[2].name}@10").exit_code == 0
    shutil.rmtree(seeds[2])
    assert invoke("resume", seeds[1].name, "--iterations", "+5").exit_code == 0
    words = ["compare", seeds[0].name, seeds[3].name, "--json"]
    found = json.loads(invoke(*words).stdout)
    assert set(found["seeds"][0]["accuracies"]) == {"0"}


def test_without_seeds_nothing_is_said_of_them(compared_runs: list[Path]) -> None:
    fast, deeper = compared_runs[2:]
    assert "seed" not in invoke("compare", fast, deeper).stdout
