"""``cnn-tui plot``: curves as text, on terminals and in pipes."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cnn_tui.cli import main
from cnn_tui.export.story import panels_of
from cnn_tui.runs.layout import CONFIG, METRICS
from cnn_tui.runs.plotted import series_of
from cnn_tui.runs.reader import read_rows
from cnn_tui.runs.records import encode_line

from .commands import invoke, refusal

GOLDEN = Path(__file__).parents[1] / "golden"

GOLDEN = Path(__file__).parents[1] / "golden"

Row = dict[str, float | int | None]


@pytest.fixture(autouse=True)
def _size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns and 24 lines."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")


def trained(*steps: int, loss: float | None = 0.5) -> list[Row]:
    return [{"step": n, "train/loss": loss, "train/accuracy": 0.9} for n in steps]


def run_of(rows: list[Row], name: str = "run") -> Path:
    run = Path("runs") / name
    run.mkdir(parents=True)
    (run / CONFIG).touch()
    (run / METRICS).write_bytes(b"".join(map(encode_line, rows)))
    return run


def test_both_charts_fill_the_terminal() -> None:
    tested: Row = {"step": 100, "test/loss": 0.4, "test/accuracy": 0.95}
    lines = invoke(
        "plot", run_of([*trained(*range(1, 101)), tested])
    ).stdout.splitlines()
    assert max(map(len, lines)) == 80
    assert len(lines) <= 22
    text = "\n".join(lines)
    assert "run · loss" in text
    assert "run · accuracy, %" in text
    assert text.count(" train") == text.count("●● test") == 2
    assert [line.split() for line in lines if "50" in line.split()] == [
        ["0", "25", "50", "75", "100"]
    ] * 2


def test_rows_that_were_gone_back_on_are_left_out() -> None:
    rewind: Row = {"rewind_to": 20}
    rows = [*trained(*range(1, 101)), rewind, *trained(21, 22, 23, 24)]
    assert " 24" in invoke("plot", run_of(rows)).stdout
    assert " 100" not in invoke("plot", "run").stdout


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    rows = [
        *trained(*range(1, 41)),
        *trained(*range(41, 61), loss=None),
        *trained(*range(61, 101)),
    ]
    lines = invoke("plot", run_of(rows)).stdout.splitlines()
    [curve] = [line for line in lines[:11] if line.count("⠒") > 20]
    assert re.fullmatch(r"0\.500┤⠒{25,35} {10,20}⠒{25,35}│", curve)


def test_a_run_without_rows_or_with_odd_ones_is_drawn_all_the_same() -> None:
    assert invoke("plot", run_of([], "new")).stdout == "new has no rows yet\n"
    odd = run_of([{"step": 1, "train/loss": None}], "odd")
    assert "odd · loss" in invoke("plot", odd).stdout


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to("elsewhere")


@pytest.mark.parametrize("make", [_pipe, _link, Path.mkdir])
def test_rows_that_are_no_file_are_said_to_be_none(
    make: Callable[[Path], None],
) -> None:
    run = Path("runs/odd")
    shutil.copytree(GOLDEN / "finished", run)
    (run / METRICS).unlink()
    make(run / METRICS)
    said = f"{run / METRICS} is no regular file, and is not read: put the file back in"
    for words in (["plot"], ["export", "--to", "csv"], ["fork", "--set", "lr=0.1"]):
        assert said in refusal(words[0], run, *words[1:])
    assert not list(Path().glob("*.csv"))


def test_the_average_of_a_fork_goes_on_from_its_parent() -> None:
    rows: list[Row] = [
        {"step": step, "epoch": 0.0, "time": 0.0, "train/loss": 1 / step}
        for step in range(1, 41)
    ]
    parent, child = run_of(rows, "parent"), run_of(rows[20:], "child")
    (child / CONFIG).write_text("lineage:\n  parent: parent\n  step: 20\n")
    whole, own = (
        series_of(read_rows(run), "loss", "step")[0] for run in (parent, child)
    )
    assert own.x.tolist() == list(range(21, 41))
    np.testing.assert_array_equal(own.y, whole.y[20:])
    [panel] = panels_of(child)
    np.testing.assert_allclose(panel.curves[0].values, whole.y[20:], rtol=1e-6)


def test_an_unknown_run_is_refused_by_name() -> None:
    assert "nothing" in refusal("plot", "nothing")


def test_without_unicode_it_is_drawn_in_ascii() -> None:
    run = run_of(trained(*range(1, 101)))
    result = CliRunner(charset="ascii").invoke(main, ["plot", str(run)])
    assert result.exit_code == 0
    assert result.stdout_bytes.isascii()
    assert b"?" not in result.stdout_bytes
    assert b"***" in result.stdout_bytes
