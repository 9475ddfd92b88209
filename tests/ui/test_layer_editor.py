"""The layers of the new-run screen are edited by keys, and each key is answered."""

import sys
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from cnn_tui.config import layer_table
from cnn_tui.presets.files import PresetFile, preset_path
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.config import read_config
from cnn_tui.runs.status import read_status
from cnn_tui.ui.screens.choose_layer import ChooseLayer
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.widgets.layer_editor import LayerEditor, ParameterLine
from cnn_tui.ui.widgets.layer_table import LayerRows
from tests.terminal import Terminal
from tests.ui.new_run_host import Host, new_run, select, until, write_preset

SIZES = [(160, 45), (80, 24)]
COMMENTED = """\
title: "Mine: two stages"
model:
  layers:
    - conv2d: {out_channels: 8, kernel_size: 5, padding: same}  # the eye
    - relu
    - max_pool2d: {kernel_size: 2}  # 14×14
    # what is seen in the middle
    - residual:
        - conv2d: {out_channels: 8, kernel_size: 3, padding: same}
        - relu
    - max_pool2d: {kernel_size: 2}
    - flatten
    - linear: {out_features: classes}
training:
  iterations: 100  # a short one
  seed: 0
"""


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test presets and a memory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


def layers(app: Host) -> Any:
    """Returns the net that the form has now."""
    assert app.new_run.draft
    return app.new_run.draft.layers


def cursor(app: Host) -> str:
    """Returns the number and type of the highlighted layer."""
    row = app.new_run.query_one(LayerEditor).row
    return "" if row is None else f"{[i + 1 for i in row.path]} {row.summary}"


def formula(app: Host) -> str:
    return str(app.new_run.query_one("LayerEditor .formula").render())


@pytest.mark.parametrize("size", SIZES)
async def test_a_layer_is_inserted_and_its_parameters_are_asked_for(
    size: tuple[int, int],
) -> None:
    async with new_run(size) as (app, pilot):
        await pilot.press("2", "down", "i")
        assert isinstance(app.screen, ChooseLayer)
        await pilot.press(*"conv", "enter")
        line = app.new_run.query_one(ParameterLine)
        assert app.focused is line
        assert line.value == "out_channels 16  kernel_size 3  padding same"
        assert "conv2d 16, 3×3" in app.layers[3]
        await pilot.press("2", "4")
        assert "conv2d 24, 3×3" in app.layers[3]
        assert "24×28×28" in app.layers[3] and "3,480" in app.layers[3]
        assert "stride 1 · dilation 1 · groups 1" in app.text
        await pilot.press("enter")
        assert isinstance(app.focused, LayerRows) and not line.display
        assert cursor(app).startswith("[3] conv2d 24")
        await pilot.press("u")
        assert len(layers(app)) == 8, "inserting and typing are one edit"


async def test_a_layer_without_parameters_is_simply_there() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("2", "home", "i", *"bn", "enter")
        assert layers(app)[0] == "batch_norm2d"
        assert cursor(app) == "[1] batch_norm2d"
        await pilot.press("i", "escape", "i", *"zzz", "enter", "escape")
        assert len(layers(app)) == 9
        await pilot.press("i", "down", "down", "up", "enter")
        assert layers(app)[1] == "relu"


async def test_each_key_is_answered_and_escape_takes_all_of_them_back() -> None:
    async with new_run() as (app, pilot):
        before = list(app.layers)
        await pilot.press("2", "e", "4")
        assert "conv2d 4, 5×5" in app.layers[1] and "1*" in app.layers[1]
        await pilot.press("end", *" stri")
        await pilot.press("tab", "space", "2")
        assert "padding same needs stride 1" in formula(app)
        assert "✗ f: padding 2" in app.layers[1]
        await pilot.press("escape")
        assert app.layers == before
        assert isinstance(app.focused, LayerRows)


async def test_delete_duplicate_move_undo_and_redo() -> None:
    async with new_run() as (app, pilot):
        net = layers(app)
        await pilot.press("2", "down", "down", "x")
        assert layers(app) == [*net[:2], *net[3:]]
        await pilot.press("K", "y", "J")
        assert layers(app) == [net[0], net[3], net[1], net[3], *net[4:]]
        assert cursor(app).startswith("[4]")
        await pilot.press("shift+up", "shift+down")
        edited = layers(app)
        await pilot.press(*"uuuuuu")
        assert layers(app) == net
        await pilot.press("u")
        assert layers(app) == net
        await pilot.press("U", "U", "ctrl+y", "U", "U", "U")
        assert layers(app) == edited
        await pilot.press("u", "x", "U")
        assert layers(app) != edited, "an edit ends redo"


async def test_what_was_edited_is_marked_and_reset_takes_it_back() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("2", "down", "y")
        assert [line[:3].strip() for line in app.layers[1:4]] == ["1", "2*", "3"]
        assert "same padding · edited" in app.text
        await pilot.press("ctrl+r")
        assert "edited" not in app.text and len(layers(app)) == 8
        await pilot.press("u")
        assert "edited" in app.text, "a reset can be undone"


@pytest.mark.parametrize("size", SIZES)
async def test_an_impossible_net_says_where_and_a_key_repairs_it(
    size: tuple[int, int],
) -> None:
    async with new_run(size) as (app, pilot):
        await select(app, pilot, "model-c")
        await pilot.press("2", "down", "down", *"yyy")
        assert "✗ f: padding same · the picture is" in app.layers[7]
        assert app.layers[8].split() == ["8", "relu"], "the rows behind it are there"
        await pilot.press("3", "ctrl+s")
        assert app.started == []
        assert "layer 7, conv2d: the picture is 1×1 here, the kernel 5×5" in (
            app.sentence
        )
        assert cursor(app).startswith("[7]") and isinstance(app.focused, LayerRows)
        assert "✗ layer 7 · f: padding same" in app.text
        assert "the picture is 1×1 here, the kernel 5×5" in formula(app)
        await pilot.press("f", "f", "f")
        assert "✗" not in app.text
        table = layer_table(app.new_run.draft.config())  # type: ignore[union-attr]
        assert len(table.rows) == len(app.layers) - 1
        await pilot.press("ctrl+s")
        [request] = app.started
        assert request.config.title.endswith("(edited)")


async def test_residual_blocks_fold_and_unfold() -> None:
    write_preset("mine", COMMENTED)
    async with new_run() as (app, pilot):
        await select(app, pilot, "mine")
        await pilot.press("2", *["down"] * 4)
        assert cursor(app) == "[4, 1] conv2d 8, 3×3"
        await pilot.press("left")
        assert cursor(app) == "[4] residual" and "residual … 2" in app.layers[4]
        assert len(app.layers) == 8
        await pilot.press("i", *"tanh", "enter")
        assert layers(app)[4] == "tanh", "below a folded block, not in it"
        await pilot.press("up", "right", "i", *"gelu", "enter")
        assert layers(app)[3]["residual"][0] == "gelu"
        await pilot.press("K")
        assert layers(app)[3] == "gelu", "out of the block"
        await pilot.press("J", "J", "J", "J")
        assert layers(app)[4] == "gelu"


async def test_a_saved_net_reads_as_if_written_by_hand() -> None:
    write_preset("mine", COMMENTED)
    async with new_run() as (app, pilot):
        await select(app, pilot, "mine")
        await pilot.press("2", "e", "1", "6", "enter", "down", "i", *"drop", "enter")
        await pilot.press(*["down"] * 4, "x", "w")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        await pilot.press("end", *"-2", "enter")
        await until(pilot, lambda: "mine-2" in app.listed)
        wanted = app.new_run.draft
    expected = COMMENTED
    for old, new in (
        ("Mine: two stages", "Mine: two stages (edited)"),
        ("8, kernel_size: 5", "16, kernel_size: 5"),
        ("    - relu\n", "    - relu\n    - dropout: {p: 0.5}\n"),
        ("        - relu\n", ""),
        ("seed: 0\n", "seed: 0\n  on_non_finite: pause\n"),
    ):
        expected = expected.replace(old, new, 1)
    path = preset_path("mine-2")
    assert path.read_text() == expected
    assert wanted and read_preset(PresetFile(path=path, builtin=False)).config


async def test_edits_outlive_another_preset_and_the_program() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("2", "x", "x")
        edited = layers(app)
        await select(app, pilot, "model-b")
        assert len(layers(app)) == 8
        await select(app, pilot, "model-a")
        assert layers(app) == edited
        await pilot.press("2", "u", "ctrl+s")
        started = layers(app)
    async with new_run() as (app, pilot):
        assert layers(app) == started and len(started) == 7


async def test_letters_are_text_in_the_line_and_leaving_it_keeps_it() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("2", "down", "down", "e", "3", *"wx/q1?")
        assert app.screen is app.new_run
        value = app.new_run.query_one(ParameterLine).value
        assert value == "kernel_size 3wx/q1?"
        await pilot.press("end", "ctrl+u", "4", "shift+tab")
        assert not isinstance(app.focused, ParameterLine)
        assert layers(app)[2] == {"max_pool2d": {"kernel_size": 4}}
        assert not app.new_run.query_one(ParameterLine).display


async def test_the_palette_of_layers_shows_a_line_for_each_at_80_by_24() -> None:
    async with new_run((80, 24)) as (app, pilot):
        await pilot.press("2", "i")
        await pilot.pause()
        assert "a kernel slides over all channels" in app.text
        await pilot.press(*"mp")
        assert isinstance(app.focused, Input)
        assert "the maximum of each window" in app.text
        assert "a kernel slides" not in app.text


def test_from_model_a_to_another_net_by_keys_alone(tmp_path: Path) -> None:
    """On a real terminal, typed faster than it can be answered."""
    command = (sys.executable, "-m", "cnn_tui")
    with Terminal(command, folder=tmp_path) as terminal:
        terminal.until("multiply-adds")
        terminal.press("2e4\r")
        terminal.until("conv2d 4, 5×5")
        terminal.press("ibn\r", "\x1b[B\x1b[B")
        terminal.until("batch_norm2d")
        terminal.press("i", "drop\r", "e0.2\r")
        terminal.until("dropout 0.2")
        terminal.press("3", "\x15", "3\t", "\x13")
        terminal.until("finished")
    [run] = (tmp_path / "runs").iterdir()
    status = read_status(run)
    assert status and status.step == 3
    items = [row.type for row in layer_table(read_config(run)).rows]
    assert items[:5] == ["conv2d", "batch_norm2d", "relu", "max_pool2d", "dropout"]
    assert read_config(run).title.endswith("(edited)")
