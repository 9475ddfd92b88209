"""How the layers of a run do, on a screen."""

from pathlib import Path

import pytest

from cnn_tui.runs.health import HealthRow, LayerHealth, read_health
from cnn_tui.text import significant
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.health_lines import fractions, health_lines, verdict_lines
from tests.cli.commands import invoke
from tests.ui.conftest import screen_text, until

SETTINGS = ("iterations=900", "evaluate_every=100", "train_images=500", "threads=1")


def test_values_become_parts_of_their_range() -> None:
    assert fractions([2.0, 4.0, 3.0, 6.0], 2) == [0.25, 0.625]
    assert fractions([2.0, None, float("nan"), 6.0], 4) == [0.0, None, None, 1.0]
    assert fractions([5.0, 5.0], 8) == [0.5, 0.5]
    assert fractions([None, float("inf")], 3) == []


def test_dead_channels_are_counted_and_come_with_a_remedy() -> None:
    name = "layer 4, relu"
    rows = [
        HealthRow(
            step=step,
            layers=[
                LayerHealth(
                    name=name,
                    activation_mean=0.1,
                    activation_std=0.2,
                    zero_share=0.9,
                    dead_channels=dead,
                    channels=32,
                )
            ],
        )
        for step, dead in ((500, 0), (800, 20), (1100, 20))
    ]
    _, line = health_lines(rows, 100, GLYPHS["braille"])
    assert line.plain.startswith(name)
    assert line.plain.endswith("20 of 32 dead")
    verdict = next(iter(verdict_lines(rows)))
    assert "since step 800" in verdict.plain


async def test_a_run_shows_its_samples(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    options = [f"--set={setting}" for setting in SETTINGS]
    assert invoke("train", "logistic", *options, "--runs-dir", runs).exit_code == 0
    [run] = runs.iterdir()
    rows = read_health(run)
    assert rows
    app = CnnTuiApp(runs_folder=runs, open_run=run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h")
        await until(pilot, lambda: "update ÷ weight" in screen_text(app))
        text = screen_text(app)
        assert f"the last at step {rows[-1].step:,}" in text
        [layer] = [layer for layer in rows[-1].layers if layer.gradient_norm]
        [line] = [line for line in text.splitlines() if layer.name[:16] in line]
        assert significant(layer.gradient_norm) in line
        assert significant(layer.update_to_weight) in line
        await pilot.press("escape")
        await until(pilot, lambda: "update ÷ weight" not in screen_text(app))


async def test_a_run_without_samples_says_when_the_first_comes(
    finished_run: Path,
) -> None:
    app = CnnTuiApp(runs_folder=finished_run.parent, open_run=finished_run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h")
        await until(pilot, lambda: "no sample yet: the first" in screen_text(app))


@pytest.mark.parametrize("width", [70, 80, 160])
def test_lines_fit_the_screen(width: int) -> None:
    layers = [
        LayerHealth(name="layer 1, conv2d", zero_share=0.5, gradient_norm=1e-9),
        LayerHealth(name="layer 12, batch_norm2d", update_to_weight=123456.0),
    ]
    rows = [HealthRow(step=step, layers=layers) for step in range(50)]
    for line in health_lines(rows, width, GLYPHS["ascii"]):
        assert line.cell_length <= width
