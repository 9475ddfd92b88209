"""Exporting by keys: format, file, and what came of it."""

import shutil
from pathlib import Path

from safetensors import safe_open
from textual.widgets import Input

from cnn_tui.ui.screens.dialogs import AskText, Choose
from cnn_tui.ui.screens.exporting import Exporting
from tests.ui.conftest import opened, screen_text, until

GOLDEN = Path(__file__).parents[1] / "golden" / "finished"


async def test_a_run_is_exported_from_the_dashboard(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "20260101-000000-golden"
    shutil.copytree(GOLDEN, run)
    path = tmp_path / "rows.csv"
    async with opened(run) as (app, pilot):
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "onnx: the network" in screen_text(app)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        field = app.screen.query_one(Input)
        assert field.value.endswith(f"{run.name}.csv")
        field.value = str(tmp_path)
        await until(pilot, lambda: "is a folder" in screen_text(app))
        field.value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Exporting))
        await until(pilot, lambda: " bytes" in screen_text(app))
        assert path.read_text().startswith("step,epoch,time")
        await pilot.press("escape", "X")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        app.screen.query_one(Input).value = str(path)
        await until(pilot, lambda: "is there already" in screen_text(app))


async def test_what_cannot_be_exported_is_one_sentence(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "20260101-000000-golden"
    shutil.copytree(GOLDEN, run)
    shutil.rmtree(run / "checkpoints")
    async with opened(run) as (app, pilot):
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        app.screen.query_one(Input).value = str(tmp_path / "net.safetensors")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Exporting))
        await until(pilot, lambda: "has no checkpoint" in screen_text(app))
        assert not (tmp_path / "net.safetensors").exists()


async def test_the_weights_of_any_checkpoint_are_exported(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "20260101-000000-golden"
    shutil.copytree(GOLDEN, run)
    path = tmp_path / "net.safetensors"
    async with opened(run) as (app, pilot):
        await pilot.press("X", "c")
        await until(pilot, lambda: "best, newest, " in screen_text(app))
        field = app.screen.query_one(Input)
        assert field.value == "best"
        field.value = "71"
        await until(pilot, lambda: "must be one of best, newest, " in screen_text(app))
        field.value = "70"
        await pilot.press("enter")
        await until(pilot, lambda: "Into the file" in screen_text(app))
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: "weights after update 70" in screen_text(app))
    with safe_open(path, "np") as file:
        assert file.metadata()["step"] == "70"
