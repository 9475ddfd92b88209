"""The new-run screen: choose a preset, change it, start it, save it."""

from pathlib import Path

import pytest
from textual.widgets import Input, Static

from cnn_tui.presets.files import BUILTIN_ORDER, list_presets, preset_path
from cnn_tui.presets.read import read_document
from cnn_tui.ui.form_fields import HINTS
from cnn_tui.ui.last_used import last_used_path
from cnn_tui.ui.screens.dialogs import AskText, Choose
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.preset_list import Presets
from tests.test_imports import imported_by
from tests.ui.new_run_host import Host, enter, new_run, select, until, write_preset

MINIMAL = "model: {layers: [flatten, {linear: {out_features: classes}}]}"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test presets and a memory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


def test_the_first_paint_waits_for_no_heavy_module() -> None:
    assert imported_by("cnn_tui.ui.screens.new_run") == {"textual"}


async def test_the_names_of_the_presets_are_there_before_they_are_read() -> None:
    app = Host()
    async with app.run_test():
        assert app.listed == list(BUILTIN_ORDER)


async def test_a_preset_is_shown_with_its_layers_and_their_arithmetic() -> None:
    async with new_run() as (app, pilot):
        await select(app, pilot, "model-c")
        assert "Model C: max pooling, valid padding" in app.text
        assert "18,378 parameters · 1.05 M multiply-adds" in app.text
        assert app.layers[4].startswith("4  conv2d 32, 5×5  32×8×8    12,832  70 %  ━━")
        await pilot.press("2", "down", "down", "down")
        assert "⌊(12 − 5 + 2·0)/1⌋ + 1 = 8" in app.text
        assert "GPU" in app.text


async def test_enter_starts_the_preset_as_shown() -> None:
    async with new_run() as (app, pilot):
        await select(app, pilot, "model-c")
        await pilot.press("enter")
        (request,) = app.started
        assert (request.preset, request.name) == ("model-c", "model-c")
        assert request.config.training.optimizer.lr == 0.05
        assert request.config.training.on_non_finite == "pause"
        assert "starting model-c" in app.sentence


async def test_what_stands_beside_a_field_is_whole_in_little_room() -> None:
    async with new_run((80, 24)) as (app, pilot):
        await pilot.press("3")
        hints = [f.query_one(".hint", Static) for f in app.new_run.query(Field)]
        await until(pilot, lambda: any(hint.size.width for hint in hints))
        room = max(hint.size.width for hint in hints)
        assert {hint for hint in HINTS.values() if len(hint) > room} == set()


async def test_a_click_selects_and_does_not_start() -> None:
    async with new_run() as (app, pilot):
        await pilot.click(Presets, offset=(2, 2))
        await pilot.pause()
        assert "Model C" in app.text
        assert app.started == []


async def test_an_invalid_value_is_explained_beside_it_and_starts_nothing() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "lr", "-1")
        assert app.note("lr") == "✗ must be greater than 0, not -1"
        app.field("seed").focus_editor()
        await pilot.press("ctrl+s")
        assert app.started == []
        assert app.sentence == "✗ lr must be greater than 0, not -1"
        assert app.focused is app.field("lr").query_one(Input)

        await enter(app, pilot, "lr", "2e-3")
        assert app.note("lr") == "preset 0.01"
        await pilot.press("ctrl+s")
        assert app.started[0].config.training.optimizer.lr == 0.002


async def test_each_problem_stands_beside_its_field() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "validation_images", "60000")
        assert "must be below the 60,000" in app.note("validation_images")
        await enter(app, pilot, "threads", "many")
        assert app.note("threads").endswith("not 'many'; or auto")


async def test_another_optimizer_has_other_fields() -> None:
    async with new_run() as (app, pilot):
        assert "training.optimizer.momentum" in app.visible_keys
        app.field("optimizer.name").focus_editor()
        await pilot.press("right")
        await pilot.pause()
        assert app.value("optimizer.name") == "adam"
        assert "training.optimizer.momentum" not in app.visible_keys
        assert "training.optimizer.betas" in app.visible_keys
        await enter(app, pilot, "betas", "[0.8, 0.99]")
        await pilot.press("ctrl+s")
        optimizer = app.started[0].config.training.optimizer
        assert optimizer.model_dump()["betas"] == (0.8, 0.99)


async def test_a_click_chooses_a_value() -> None:
    async with new_run() as (app, pilot):
        await pilot.click(app.field("loss.name").query_one("Choice"), offset=(17, 0))
        await pilot.pause()
        assert app.value("loss.name") == "mse"
        assert "training.loss.label_smoothing" not in app.visible_keys


async def test_iterations_and_epochs_replace_each_other() -> None:
    async with new_run() as (app, pilot):
        epochs = app.field("epochs").query_one(Input)
        assert (epochs.value, epochs.placeholder) == ("", "5")
        assert app.note("epochs") == "of 600 updates"
        await enter(app, pilot, "epochs", "7")
        iterations = app.field("iterations").query_one(Input)
        assert (iterations.value, iterations.placeholder) == ("", "4200")
        await enter(app, pilot, "batch_size", "50")
        assert iterations.placeholder == "8400"
        await pilot.press("ctrl+s")
        assert app.started[0].config.total_steps == 8400


async def test_epochs_need_not_be_whole() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "iterations", "400")
        epochs = app.field("epochs").query_one(Input)
        assert epochs.placeholder == "≈ 0.67"
        await enter(app, pilot, "epochs", "0.5")
        assert app.field("iterations").query_one(Input).placeholder == "300"
        await pilot.press("ctrl+s")
        assert app.started[0].config.total_steps == 300


async def test_letters_are_text_in_a_field_and_escape_leaves_it() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "seed", "w/2")
        assert app.value("seed") == "w/2"
        assert app.screen is app.new_run
        await pilot.press("escape")
        assert isinstance(app.focused, Presets)


async def test_the_filter_narrows_the_list_and_escape_ends_it() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("slash", *"expanded")
        await pilot.press("escape")
        await pilot.press("slash", *"AVERAGE valid")
        await until(pilot, lambda: app.listed == ["model-c-avg"])
        assert f"1 of {len(list_presets())}" in app.text
        await pilot.press("enter")
        assert app.started == []
        await pilot.press("enter")
        assert app.started[0].name == "model-c-avg"
        await pilot.press("escape")
        await until(pilot, lambda: app.listed == list(BUILTIN_ORDER))


async def test_a_filter_that_nothing_fits_leaves_nothing_to_start() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "No preset fits" in app.text)
        await pilot.press("enter")
        assert (app.started, app.sentence) == ([], "✗ no preset is chosen")


async def test_values_are_remembered_from_the_last_start() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "lr", "0.5")
        await pilot.press("ctrl+s")
    async with new_run() as (app, pilot):
        assert app.value("lr") == "0.5"
        await select(app, pilot, "model-b")
        assert app.value("lr") == "0.01"
        await select(app, pilot, "model-a")
        await pilot.press("ctrl+r")
        await pilot.pause()
        assert (app.value("lr"), app.note("lr")) == ("0.01", "")


@pytest.mark.parametrize(
    "damage",
    [b"{", b"[1]", b'{"model-a": 3}', b'{"model-a": {"training.loss.name": "[b]"}}'],
)
async def test_a_damaged_memory_is_forgotten(damage: bytes) -> None:
    last_used_path().parent.mkdir(parents=True)
    last_used_path().write_bytes(damage)
    async with new_run() as (app, pilot):
        await pilot.press("enter")
        assert app.started[0].config.training.loss.name == "cross_entropy"


async def test_the_form_is_saved_as_a_preset() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "lr", "0.5")
        await pilot.press("escape", "w")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        await pilot.press(*"model-a", "enter")
        assert isinstance(app.screen, AskText), "the name of a built-in preset"
        await pilot.press("ctrl+u", *"mine", "enter")
        await until(pilot, lambda: app.listed[-2:] == ["── yours ──", "mine"])
        await until(pilot, lambda: app.value("lr") == "0.5" and not app.note("lr"))
    saved = read_document(preset_path("mine")).value
    assert saved["training"]["optimizer"] == {"name": "sgd", "lr": 0.5}


async def test_a_preset_is_replaced_only_after_asking() -> None:
    path = write_preset("mine", MINIMAL)
    async with new_run() as (app, pilot):
        await select(app, pilot, "mine")
        await enter(app, pilot, "seed", "9")
        await pilot.press("escape", "w")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.new_run)
        assert path.read_text() == MINIMAL

        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("r")
        await until(pilot, lambda: app.note("seed") == "")
        assert read_document(path).value["training"]["seed"] == 9


async def test_presets_with_errors_come_last_and_say_why() -> None:
    write_preset("broken", "model: {layers: [flaten]}\ntraining: {batch_size: 0}")
    write_preset("mine", MINIMAL)
    async with new_run() as (app, pilot):
        heading, mine, errors, broken = app.listed[-4:]
        assert (heading, mine, errors) == ("── yours ──", "mine", "── errors ──")
        assert broken.startswith("broken ✗ line 1: layer 1: unknown layer flaten")
        await select(app, pilot, "broken")
        assert "the nearest are flatten" in app.text
        assert "training.batch_size" in app.text
        await pilot.press("enter")
        assert app.started == []
        assert "unknown layer flaten" in app.sentence


async def test_a_broken_preset_says_what_is_wrong_instead_of_settings() -> None:
    write_preset("broken", "model: {layers: [flaten]}")
    async with new_run((80, 24)) as (app, pilot):
        await select(app, pilot, "broken")
        await pilot.press("3")
        assert "There is nothing to set until this is corrected" in app.text
        inside = [line.split("│")[-2] for line in app.text.splitlines() if "│" in line]
        assert "the nearest are flatten" in " ".join(" ".join(inside).split())
        await select(app, pilot, "model-a")
        assert "There is nothing to set" not in app.text
        assert "checkpoint every" in app.text


async def test_text_from_presets_is_literal() -> None:
    title = "[red]x[/red] [@click=app.bell]y\\e[31m"
    write_preset("[b]my[-b]", f'title: "{title}"\ndescription: "[b]d"\n{MINIMAL}')
    async with new_run() as (app, pilot):
        await select(app, pilot, "[b]my[-b]")
        assert "[red]x[/red] [@click=app.bell]y\\x1b[31m" in app.text
        assert "[b]d" in app.text
        await pilot.press("enter")
        assert "starting [b]my[-b]" in app.text


async def test_a_preset_that_is_deleted_meanwhile_says_so() -> None:
    path = write_preset("mine", MINIMAL)
    async with new_run() as (app, pilot):
        path.unlink()
        await select(app, pilot, "mine")
        await until(pilot, lambda: "── errors ──" in app.listed)
        assert app.listed[-1].startswith("mine ✗")


async def test_one_run_starts_at_a_time() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("enter", "enter")
        assert (len(app.started), app.sentence) == (1, "a run is starting already…")
        app.new_run.start_failed("there is no [b]disk")
        await pilot.pause()
        await pilot.press("w", "escape")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "✗ there is no [b]disk" in app.text
        await pilot.press("enter")
        assert len(app.started) == 2


async def test_everything_is_reached_by_keys_at_80_by_24() -> None:
    async with new_run((80, 24)) as (app, pilot):
        assert "Model A" in app.text and "checkpoint every" not in app.text
        await pilot.press("3")
        assert "checkpoint every" in app.text and "Model A" not in app.text
        for _ in app.visible_keys:
            await pilot.press("tab")
        assert app.focused is app.new_run.query_one(Presets)
        await pilot.press("shift+tab")
        assert "deterministic" in app.text
        await pilot.press("escape", "2", "end")
        assert "10·1568 + 10 = 15,690 parameters" in app.text


@pytest.mark.parametrize("name", ["model-a", "model-c"])
async def test_a_long_description_leaves_room_for_the_layers(name: str) -> None:
    async with new_run((80, 24)) as (app, pilot):
        await select(app, pilot, name)
        assert "linear 10" in app.text
        assert "parameters · " in app.text


async def test_an_error_out_of_sight_is_brought_into_sight() -> None:
    async with new_run((80, 24)) as (app, pilot):
        await pilot.press("3")
        await enter(app, pilot, "threads", "0")
        await pilot.press("escape", "2", "ctrl+s")
        await pilot.pause()
        assert "greater than or equal to 1" in app.text
        assert app.focused is app.field("threads").query_one(Input)


async def test_tiny_terminals_and_resizes_do_no_harm() -> None:
    async with new_run((20, 5)) as (app, pilot):
        await pilot.press("3", "tab", "escape", "2", "down", "1", "down")
        for size in ((160, 45), (1, 1), (80, 24), (101, 40), (20, 5)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.press("enter")
        assert app.started
