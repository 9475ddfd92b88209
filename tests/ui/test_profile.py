"""Where the time of a run goes, on a screen."""

from pathlib import Path

import pytest

from cnn_tui.runs.bottleneck import verdict
from cnn_tui.runs.profile import (
    LayerSeconds,
    Profile,
    UpdateSeconds,
    in_words,
    read_profile,
)
from cnn_tui.runs.records import encode_line
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.profile_lines import profile_lines
from tests.cli.commands import invoke
from tests.ui.conftest import screen_text, until

SETTINGS = ("iterations=600", "evaluate_every=50", "train_images=500", "threads=1")
FOUND = Profile(
    since_step=0,
    step=100,
    seconds=1.0,
    device="cpu",
    batch_size=100,
    samples=3,
    update=UpdateSeconds(forward=0.002, backward=0.006),
    layers=[
        LayerSeconds(name=f"layer {n}, a name that is long\x1b", forward=0.0004)
        for n in range(1, 6)
    ],
)


@pytest.mark.parametrize("width", [40, 78, 158])
def test_bars_are_as_long_as_what_they_stand_for(width: int) -> None:
    lines = list(profile_lines(FOUND, width, GLYPHS["ascii"], all_layers=True))
    bars = {line.plain[:28].strip(): line.plain.count("#") for line in lines}
    longest = max(8, width - 48)
    assert bars["backward"] == longest
    assert bars["forward"] == round(longest / 3)
    assert bars["not measured"] == round(longest / 3)
    assert all(line.cell_length <= max(width, 56) for line in lines)
    assert all(line.plain.isprintable() for line in lines)


def test_layers_are_folded_to_the_slowest() -> None:
    def names(*, all_layers: bool) -> list[str]:
        lines = profile_lines(FOUND, 80, GLYPHS["braille"], all_layers=all_layers)
        return [line.plain[2:9] for line in lines if line.plain.startswith("  layer")]

    assert names(all_layers=False) == ["layer 1", "layer 2", "layer 3"]
    assert names(all_layers=True) == [f"layer {number}" for number in range(1, 6)]


async def test_a_run_shows_where_its_time_goes(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    options = [f"--set={setting}" for setting in SETTINGS]
    assert invoke("train", "logistic", *options, "--runs-dir", runs).exit_code == 0
    [run] = runs.iterdir()
    found = read_profile(run)
    assert found is not None
    app = CnnTuiApp(runs_folder=runs, open_run=run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: "ms per update" in screen_text(app))
        text = screen_text(app)
        assert f"{1000 * found.update.forward:.3f}" in text
        assert in_words(found)[:40] in text
        assert f"→ {verdict(found)[:40]}" in text
        await pilot.press("escape")
        await until(pilot, lambda: "ms per update" not in screen_text(app))


async def test_what_is_measured_meanwhile_is_shown(finished_run: Path) -> None:
    app = CnnTuiApp(runs_folder=finished_run.parent, open_run=finished_run)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: "nothing is measured yet" in screen_text(app))
        (finished_run / "profile.json").write_bytes(encode_line(FOUND))
        await until(pilot, lambda: "layer 3" in screen_text(app))
        assert "layer 4" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "layer 4" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "layer 4" not in screen_text(app))
