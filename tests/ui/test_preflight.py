"""Measuring before a run, on a screen, with a real process that measures."""

from pathlib import Path

import psutil
import pytest
from textual.pilot import Pilot

from cnn_tui.preflight import words
from cnn_tui.presets.files import preset_path
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dialogs import Choose
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.screens.preflight import PreflightScreen
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.form import Form
from cnn_tui.ui.widgets.preset_list import Presets
from tests.engine.making import make_config
from tests.engine.running import ENDLESS
from tests.engine.running import training as engine_training
from tests.ui.conftest import screen_text, until

SMALL, WIDE = (80, 24), (160, 45)
PRESET = """\
dataset: {train_images: 500}
model:
  layers:
    - flatten
    - linear: {out_features: classes}
training: {iterations: 20, batch_size: 50, threads: 1, device: cpu}
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CnnTuiApp:
    """The program with a small preset."""
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    path = preset_path("little")
    path.parent.mkdir(parents=True)
    path.write_text(PRESET)
    return CnnTuiApp(runs_folder=tmp_path / "runs")


def form(app: CnnTuiApp) -> NewRunScreen:
    """Returns the new-run screen."""
    return next(s for s in app.screen_stack if isinstance(s, NewRunScreen))


async def ask(app: CnnTuiApp, pilot: Pilot[int]) -> None:
    """Chooses the preset, and asks how fast it is."""
    await until(pilot, lambda: app.screen.query(Field))
    presets = app.screen.query_one(Presets)
    names = [str(option.prompt) for option in presets.options]
    presets.highlighted = next(n for n, t in enumerate(names) if "little" in t)
    await pilot.pause()
    await pilot.press("t")


async def measured(app: CnnTuiApp, pilot: Pilot[int]) -> PreflightScreen:
    """Waits for the first line, which comes before the others."""
    await until(pilot, lambda: isinstance(app.screen, PreflightScreen))
    screen = app.screen
    assert isinstance(screen, PreflightScreen)
    await until(pilot, lambda: screen.found or screen.is_done)
    return screen


def test_a_narrow_table_goes_without_memory() -> None:
    cells = ("channels_last, bfloat16, 1 thread", "25.6", "3,911", "+146 MiB")
    line = words.laid_out((*cells, "2 min 5 s", "×1.33"), is_narrow=True)
    assert len(line) <= 58
    assert line.endswith("   25.6    3,911  2 min 5 s  ×1.33")
    assert "MiB" not in line
    assert len(words.heading(is_narrow=True)) == len(line)


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_marked_line_is_taken_into_the_form(
    app: CnnTuiApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await ask(app, pilot)
        screen = await measured(app, pilot)
        await until(pilot, lambda: screen.is_done)
        text = screen_text(app)
        assert "How fast it is here · little" in text
        assert "ms/update" in text and "as it is" in text and "×1.00" in text
        assert "fastest: " in text and "enter takes the marked line" in text
        assert "left out: compiling may take a minute" in text
        place = next(
            n
            for n, line in enumerate(screen.found)
            if line.settings == [("training.precision", "bfloat16")]
        )
        while screen.marked != place:
            await pilot.press("down" if screen.marked < place else "up")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is form(app))
        draft = form(app).draft
        assert draft is not None
        assert draft.edits == {"training.precision": "bfloat16"}
        assert "precision is bfloat16 now" in screen_text(app)


async def test_what_was_measured_stands_below_the_settings(app: CnnTuiApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ask(app, pilot)
        await measured(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form(app))
        settings = form(app).query_one(Form)
        await until(pilot, lambda: "(measured)" in (settings.border_subtitle or ""))
        assert "ms/update" in screen_text(app)
        mine = psutil.Process().children()
        assert not [p for p in mine if "cnn_tui.engine.preflight" in p.cmdline()]


async def test_a_live_run_is_asked_about(app: CnnTuiApp, tmp_path: Path) -> None:
    config = make_config(**ENDLESS)
    with engine_training(config, tmp_path / "runs") as live:
        live.wait_for_row()
        async with app.run_test(size=SMALL) as pilot:
            await ask(app, pilot)
            await until(pilot, lambda: isinstance(app.screen, Choose))
            assert "trains on this machine" in screen_text(app)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is form(app))
