"""Finding a learning rate on a screen, with a real process that tries them."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from cnn_tui.preflight.messages import RatePoint, RatesTried
from cnn_tui.preflight.rates import RateRange, suggest
from cnn_tui.presets.files import preset_path
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.rate_curve import rate_chart, verdict_lines
from cnn_tui.ui.screens.dialogs import Choose
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.screens.rates import RatesScreen
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.preset_list import Presets
from tests.cli.commands import LEARNS
from tests.ui.conftest import ENDLESS, dashboard, screen_text, training, until

SMALL, WIDE = (80, 24), (160, 45)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CnnTuiApp:
    """The program with a preset that learns at once."""
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    path = preset_path("learns")
    path.parent.mkdir(parents=True)
    path.write_text(LEARNS)
    return CnnTuiApp(runs_folder=tmp_path / "runs")


def form_lr(app: CnnTuiApp) -> str:
    """Returns what the form says of the rate."""
    form = next(s for s in app.screen_stack if isinstance(s, NewRunScreen))
    assert form.draft is not None
    return form.draft.edits.get("training.optimizer.lr", "")


async def find(app: CnnTuiApp, pilot: Pilot[int]) -> RatesScreen:
    """Chooses the preset, asks for a rate, and waits for the whole curve."""
    await until(pilot, lambda: app.screen.query(Field))
    presets = app.screen.query_one(Presets)
    names = [str(option.prompt) for option in presets.options]
    presets.highlighted = next(n for n, t in enumerate(names) if "learns" in t)
    await pilot.pause()
    await pilot.press("l")
    await until(pilot, lambda: isinstance(app.screen, RatesScreen))
    screen = app.screen
    assert isinstance(screen, RatesScreen)
    await until(pilot, lambda: screen.found)
    return screen


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_suggestion_is_taken_into_the_form(
    app: CnnTuiApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        screen = await find(app, pilot)
        assert screen.found is not None and screen.found.rate is not None
        text = screen_text(app)
        assert "Learning rate · learns" in text
        assert f"lr {screen.found.rate:g} · now 0.01" in text
        assert "falls fastest at" in text and "other rules" in text
        assert f"▲ {screen.found.rate:g}" in text
        assert "0.0001" in text and "0.01" in text
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        assert form_lr(app) == f"{screen.found.rate:g}"
        assert "lr is" in screen_text(app)


async def test_the_rate_at_the_cursor_is_taken_instead(app: CnnTuiApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        screen = await find(app, pilot)
        await pilot.press("home", *["right"] * 10)
        cursor = screen.query_one(MetricChart).cursor
        assert cursor is not None
        assert f"lr {10**cursor:.3g}"[:6] in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        assert float(form_lr(app)) == pytest.approx(10**cursor, rel=0.05)


async def test_escape_changes_nothing(app: CnnTuiApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await find(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        assert form_lr(app) == ""


async def test_a_live_run_is_asked_about_and_gets_the_rate(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        run = dashboard(app).run
        await until(pilot, lambda: run.state == "running")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "trains on this machine" in screen_text(app)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, RatesScreen))
        screen = app.screen
        assert isinstance(screen, RatesScreen)
        await until(pilot, lambda: screen.found)
        await pilot.press("home", "enter")
        await until(pilot, lambda: run.status and run.status.lr == 1e-4)


def test_a_curve_without_a_suggestion_says_so_in_words() -> None:
    rates = RateRange(low=1e-4, high=10.0).rates(50)
    points = [RatePoint(rate=rate, loss=2.3) for rate in rates]
    tried = RatesTried(device="cpu", lr=0.01, low=1e-4, high=10.0)
    found = suggest(points)
    head, reason = verdict_lines(tried, found)
    assert head.plain == "no suggestion · now 0.01"
    assert reason.plain == found.reason
    assert not rate_chart(tried, points, found).marks


def test_no_point_yet_is_an_empty_chart_with_its_axis() -> None:
    tried = RatesTried(device="cpu", lr=0.01, low=1e-4, high=10.0)
    chart = rate_chart(tried, [], None)
    assert chart.x_limits == pytest.approx((-4.0, 1.0))
    assert all(not curve.x.size for curve in chart.curves)
