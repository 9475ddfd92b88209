"""The grid of cells: literal text, runs of one ink, and exact changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Region

from cnn_tui.ui.charts.cells import Cells, Ink, codepoints, narrow


def rows_of(cells: Cells) -> list[str]:
    return ["".join(text for text, _ in cells.runs(y)) for y in range(cells.height)]


def test_text_is_cut_at_the_edge_and_leaves_the_rest() -> None:
    cells = Cells.blank(6, 2)
    cells.write(4, 0, "abc", Ink.TEXT)
    cells.write(9, 1, "abc", Ink.TEXT)
    assert rows_of(cells) == ["    ab", "      "]


def test_runs_are_the_longest_pieces_of_one_ink() -> None:
    cells = Cells.blank(6, 1)
    cells.write(1, 0, "ab", Ink.TEXT)
    cells.write(3, 0, "c", Ink.FIRST)
    expected = [(" ", Ink.BLANK), ("ab", Ink.TEXT), ("c", Ink.FIRST), ("  ", Ink.BLANK)]
    assert cells.runs(0) == expected
    assert Cells.blank(0, 1).runs(0) == []


def test_a_view_draws_on_the_whole() -> None:
    cells = Cells.blank(4, 2)
    cells.view(1, 1, 2, 1).paint(codepoints("xy"), Ink.NOTE)
    assert rows_of(cells) == ["    ", " xy "]
    assert cells.inks[1].tolist() == [0, Ink.NOTE, Ink.NOTE, 0]


def test_paint_leaves_cells_without_a_glyph() -> None:
    cells = Cells.blank(3, 1)
    cells.write(0, 0, "abc", Ink.TEXT)
    cells.paint(np.array([0, ord("X"), 0], dtype=np.uint32), Ink.FIRST)
    assert rows_of(cells) == ["aXc"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[bold]é[/]", "[bold]é[/]"),
        ("a\x1b[31m\n", "a\\x1b[31m\\x0a"),
        ("漢字", "??"),
        ("e\u0301", "e?"),
    ],
)
def test_one_character_takes_one_cell(text: str, shown: str) -> None:
    assert narrow(text) == shown


def test_glyphs_beyond_ascii_can_be_replaced() -> None:
    cells = Cells.blank(4, 1)
    cells.write(0, 0, "a│→é", Ink.TEXT)
    cells.replace({"│": "|", "→": ">"})
    assert rows_of(cells) == ["a|>?"]


grids = st.lists(st.lists(st.sampled_from("ab "), min_size=9, max_size=9), min_size=4)


@settings(max_examples=60, deadline=None)
@given(grids, grids, st.sampled_from(Ink))
def test_changes_are_exact(
    before: list[list[str]], after: list[list[str]], ink: Ink
) -> None:
    old, new = Cells.blank(9, 4), Cells.blank(9, 4)
    for row in range(4):
        old.write(0, row, "".join(before[row]), Ink.TEXT)
        new.write(0, row, "".join(after[row]), Ink.TEXT)
    new.inks[1, 3] = ink
    changed = (old.glyphs != new.glyphs) | (old.inks != new.inks)
    regions = new.changes_since(old)
    assert len({region.y for region in regions}) == len(regions)
    for row in range(4):
        where = np.flatnonzero(changed[row])
        expected = (
            [Region(where[0], row, where[-1] - where[0] + 1, 1)] if where.size else []
        )
        assert [region for region in regions if region.y == row] == expected
