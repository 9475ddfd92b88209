"""Transformations in the form: the menu, the difference, one edit to undo."""

from pathlib import Path
from typing import Any

import pytest

from cnn_tui.shaping.outline import outline
from cnn_tui.shaping.transform import offers
from cnn_tui.ui.screens.choose_transformation import ChooseTransformation
from cnn_tui.ui.transforming import difference_lines, menu_line, totals_line
from tests.ui.new_run_host import WIDE, new_run, select, until

CONV: Any = {"conv2d": {"out_channels": 4, "kernel_size": 3, "padding": "same"}}
END: list[Any] = ["flatten", {"linear": {"out_features": "classes"}}]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test presets and a memory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


def test_the_difference_marks_layers_and_what_else_is_resized() -> None:
    pool = {"max_pool2d": {"kernel_size": 2}}
    net = [CONV, "relu", {"residual": [CONV, "relu"]}, "tanh", pool, *END]
    before = outline(net, (1, 8, 8), 10)
    offer = next(o for o in offers(net, (1, 8, 8), 10) if o.name == "gentler")
    assert offer.items is not None
    after = outline(offer.items, (1, 8, 8), 10)
    assert [line.plain for line in difference_lines(before, after)] == [
        "   1  conv2d 4, 3×3   4×8×8     40",
        "      … 4 the same",
        "   4  tanh            4×8×8",
        "−  5  max_pool2d 2×2  4×4×4",
        "~  5  flatten         64 → 256",
        "~  6  linear 10       10        650 → 2,570",
    ]
    assert totals_line(before.table, after.table).startswith("838 → 2,758 parameters")
    assert menu_line(offer, before, after).plain.split() == [
        *("gentler", "+1,920", "+1,920", "4×4×4", "→", "4×8×8"),
    ]


@pytest.mark.parametrize("size", [(80, 24), WIDE])
async def test_a_transformation_is_shown_then_taken_and_undone(
    size: tuple[int, int],
) -> None:
    async with new_run(size) as (app, pilot):
        await select(app, pilot, "model-a")
        await pilot.press("2")
        own = app.layers
        await pilot.press("T")
        await until(pilot, lambda: "Transform the net" in app.text)
        assert "−  1   conv2d 16, 5×5  16×28×28  416" in app.text
        assert "28,938 → 32,058 parameters · 2.84 M → 4.64 M" in app.text
        await pilot.press("down")
        await until(pilot, lambda: "~  7  linear 10" in app.text)
        assert "32×7×7 → 32×14×14" in app.text
        assert "15,690 → 62,730" in app.text
        await pilot.press("escape")
        assert app.layers == own

        await pilot.press("T", "enter")
        await until(pilot, lambda: len(app.layers) == 13)
        assert app.new_run.draft is not None
        assert app.new_run.draft.config().title.endswith("(edited)")
        await pilot.press("u")
        await until(pilot, lambda: app.layers == own)


async def test_what_does_not_apply_says_why_and_is_not_taken() -> None:
    async with new_run((80, 24)) as (app, pilot):
        await select(app, pilot, "logistic")
        await pilot.press("2", "T")
        reason = "no convolution gives feature maps of 3×3 or more"
        await until(pilot, lambda: reason in app.text)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ChooseTransformation)
