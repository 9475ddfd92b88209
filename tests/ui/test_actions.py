"""Every action is within reach: by key, in the palette and in the help."""

from pathlib import Path

import pytest
from textual.command import DiscoveryHit, Hit

from cnn_tui.ui.actions import (
    APP,
    CHART,
    ENDED,
    PANES,
    RUNS,
    SECTIONS,
    STEERING,
    VIEW,
    Action,
    printed,
)
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.charts import LineChart
from cnn_tui.ui.glyphs import MARK_NAMES
from cnn_tui.ui.palette import ActionProvider
from cnn_tui.ui.screens.help import HelpLines, HelpScreen
from tests.ui.conftest import (
    ENDLESS,
    WIDE,
    dashboard,
    opened,
    screen_text,
    training,
    until,
)


async def palette(app: CnnTuiApp) -> list[str]:
    """Returns what the palette offers before anything is typed."""
    hits = ActionProvider(app.screen).discover()
    return [hit.text or "" for hit in [h async for h in hits] if hit]


def bound(app: CnnTuiApp) -> set[str]:
    """Returns the names of all actions whose key works now."""
    return {active.binding.action for active in app.screen.active_bindings.values()}


def assert_within_reach(
    app: CnnTuiApp, offered: list[str], actions: tuple[Action, ...], *hidden: str
) -> None:
    for action in actions:
        expected = action.name not in hidden
        assert (action.name in bound(app)) == expected, action.name
        if action.name != "command_palette":
            in_palette = any(action.help.rstrip(".") in text for text in offered)
            assert in_palette == expected, action.name


async def test_every_action_of_a_live_run(tmp_path: Path, calm_training: None) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await until(pilot, lambda: dashboard(app).run.state == "running")
        offered = await palette(app)
        assert_within_reach(app, offered, STEERING, "resume")
        for actions in (VIEW, PANES, CHART, APP):
            assert_within_reach(app, offered, actions)


async def test_a_run_that_has_ended_cannot_be_steered(finished_run: Path) -> None:
    async with opened(finished_run) as (app, _pilot):
        offered = await palette(app)
        names = [action.name for action in STEERING]
        assert_within_reach(app, offered, STEERING, *names)
        assert_within_reach(app, offered, ENDED)


async def test_the_list_of_runs(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        await pilot.press("r")
        offered = await palette(app)
        assert_within_reach(app, offered, RUNS)
        assert_within_reach(app, offered, APP, "show_runs")


async def test_the_help_has_every_action(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        shown = app.screen.query_one(HelpLines).plain
        for title, actions in SECTIONS.items():
            assert title in shown
            assert all(action.help in shown for action in actions)
        assert all(f"{name}." in shown for name in MARK_NAMES.values())
        await pilot.press("escape")
        assert dashboard(app)


async def test_the_help_begins_with_what_works_now(finished_run: Path) -> None:
    async with opened(finished_run, size=(60, 18)) as (app, pilot):
        await pilot.press("question_mark")
        assert "Dashboard" in screen_text(app)
        await pilot.press("escape", "r", "question_mark")
        assert "Open the selected run" in screen_text(app)


async def test_the_help_cuts_no_sentence(finished_run: Path) -> None:
    async with opened(finished_run, size=(60, 18)) as (app, pilot):
        await pilot.press("question_mark")
        lines = app.screen.query_one(HelpLines)
        shown = [lines.strip(row).text for row in range(lines.virtual_size.height)]
        words = " ".join(" ".join(shown).split())
        for actions in SECTIONS.values():
            assert all(action.help in words for action in actions)


def footer(app: CnnTuiApp) -> str:
    """Returns the keys that are shown at the bottom."""
    return screen_text(app).splitlines()[-1]


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        ((60, 18), "space pause  u change  x stop  d detach  q quit  ? help"),
        (
            (80, 24),
            "space pause  . step  u change  x stop  d detach  n new  r runs  q quit  "
            "? help",
        ),
    ],
)
async def test_a_short_footer_keeps_what_would_hurt_to_miss(
    tmp_path: Path, calm_training: None, size: tuple[int, int], keys: str
) -> None:
    async with training(tmp_path, *ENDLESS, size=size) as (app, pilot):
        await until(pilot, lambda: keys in footer(app))


async def test_a_wide_footer_shows_every_key(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await until(pilot, lambda: dashboard(app).run.state == "running")
        labels = [
            f" {printed(action.key_names[0])} {action.label} "
            for action in (*STEERING, *VIEW, *PANES, *APP)
            if action.footer and action.name != "resume"
        ]
        await until(pilot, lambda: all(label in f"{footer(app)} " for label in labels))


async def test_a_footer_shows_the_key_that_works_in_a_text_field() -> None:
    async with CnnTuiApp(runs_folder=Path("runs")).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, CnnTuiApp)
        await until(pilot, lambda: "multiply-adds" in screen_text(app))
        assert " q quit " in footer(app)
        await pilot.press("slash")
        assert " ^q quit" in footer(app)


async def test_the_palette_finds_and_does(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        provider = ActionProvider(app.screen)
        hits = [hit async for hit in provider.search("logarithmic")]
        [hit] = [hit for hit in hits if isinstance(hit, Hit | DiscoveryHit)]
        assert "Draw the chart on a logarithmic" in str(hit.text)
        await pilot.press("ctrl+p", *"logarithmic", "enter")
        await until(pilot, lambda: dashboard(app).query_one("#loss", LineChart).log_y)


@pytest.mark.parametrize("title", SECTIONS)
def test_no_key_means_two_things_at_once(title: str) -> None:
    actions = [action for action in SECTIONS[title] if action.name != "resume"]
    keys = [key for action in actions for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))


def test_a_key_of_the_dashboard_is_not_one_of_the_program() -> None:
    def keys(actions: tuple[Action, ...]) -> set[str]:
        return {key for action in actions for key in action.keys.split(",")}

    mine = keys((*STEERING, *VIEW, *PANES))
    assert mine.isdisjoint(keys(APP))
    assert mine.isdisjoint(keys(CHART))


@pytest.mark.parametrize(
    ("key", "shown"),
    [("space", "space"), ("full_stop", "."), ("ctrl+p", "^p"), ("q", "q")],
)
def test_keys_are_named_as_on_a_keyboard(key: str, shown: str) -> None:
    assert printed(key) == shown
