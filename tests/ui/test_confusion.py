"""The confusion matrix as numbers and cells, and thumbnails in rows."""

from dataclasses import replace

import numpy as np
import pytest

from cnn_tui.pictures.colours import from_image
from cnn_tui.pictures.depth import Depth
from cnn_tui.runs.confusion import Confusion
from cnn_tui.ui.confusion import (
    Frame,
    columns_that_fit,
    matrix_lines,
    rows_that_fit,
    scrolled,
)
from cnn_tui.ui.thumbnails import grid, strip, thumbnail_lines


def matrix(classes: int) -> Confusion:
    """Returns a matrix with different numbers everywhere."""
    counts = np.random.default_rng(0).integers(1, 1000, (classes, classes))
    names = tuple(f"class {number}" for number in range(classes))
    return Confusion(step=7, counts=counts, class_names=names)


FRAME = Frame(width=78, height=14, row=0, column=0, depth=Depth.TRUE_COLOUR)


def shown(found: Confusion, frame: Frame = FRAME) -> list[str]:
    """Returns the text of a matrix."""
    lines = matrix_lines(found, frame)
    assert all(sum(len(s.text) for s in line) <= 78 for line in lines)
    return ["".join(segment.text for segment in line) for line in lines]


def test_the_numbers_are_those_of_numpy() -> None:
    found = matrix(10)
    labels = np.repeat(np.repeat(np.arange(10), 10), found.counts.ravel())
    predicted = np.repeat(np.tile(np.arange(10), 10), found.counts.ravel())
    for label in range(10):
        of_label, taken = labels == label, predicted == label
        right = of_label & taken
        assert found.recall[label] == pytest.approx(right.sum() / of_label.sum())
        assert found.precision[label] == pytest.approx(right.sum() / taken.sum())
    assert found.accuracy == pytest.approx((labels == predicted).mean())
    assert np.allclose(found.shares.sum(1), 1)


def test_ten_classes_fit_a_narrow_terminal_with_every_number() -> None:
    found = matrix(10)
    assert columns_that_fit(found, 78) == rows_that_fit(found, 14) == 10
    [heading, *rows, below] = shown(found)
    assert heading.split()[-1] == "recall"
    for number, row in enumerate(rows):
        cells = row.removeprefix(f"class {number}").split()
        assert cells[:-1] == [str(count) for count in found.counts[number]]
        assert cells[-1] == f"{100 * found.recall[number]:.1f}"
    assert below.split()[1:11] == [f"{100 * share:.1f}" for share in found.precision]


def test_a_class_without_pictures_has_no_recall() -> None:
    counts = np.array([[3, 1], [0, 0]])
    found = Confusion(step=1, counts=counts, class_names=("a", "b"))
    [_, first, second, below] = shown(found)
    assert first.split() == ["a", "3", "1", "75.0"]
    assert second.split() == ["b", "·", "·", "–"]
    assert below.split() == ["precision", "100", "0.0", "75.0"]


def test_a_hundred_classes_scroll_with_the_cursor() -> None:
    found = matrix(100)
    columns, rows = columns_that_fit(found, 78), rows_that_fit(found, 14)
    left, top = scrolled(0, 99, columns, 100), scrolled(0, 50, rows, 100)
    assert (left, top) == (100 - columns, 51 - rows)
    lines = shown(found, replace(FRAME, row=50, column=99, top=top, left=left))
    assert lines[-2].startswith("class 50")
    assert lines[-2].split()[-2] == str(found.counts[50, 99])
    assert scrolled(left, 40, columns, 100) == 40


def test_without_colours_the_numbers_are_the_same() -> None:
    plain = replace(FRAME, depth=Depth.ASCII)
    assert shown(matrix(10), plain) == shown(matrix(10))
    styles = [s.style for line in matrix_lines(matrix(10), plain) for s in line]
    assert not any(style.bgcolor for style in styles if style)
    assert sum(bool(style and style.reverse) for style in styles) == 1


def test_thumbnails_fill_rows_and_one_is_marked() -> None:
    layout = grid(80, 20)
    assert (layout.columns, layout.rows, strip(160).columns) == (4, 2, 9)
    pictures = [from_image(np.full((1, 28, 28), 99, np.uint8))] * 6
    captions = [f"picture {number}" for number in range(6)]
    lines = thumbnail_lines(pictures, captions, 5, layout, Depth.TRUE_COLOUR)
    texts = ["".join(segment.text for segment in line) for line in lines]
    assert len(lines) == layout.height
    assert texts[layout.height // 2 - 1].split() == " ".join(captions[:4]).split()
    assert texts[-1].split() == ["picture", "4", "picture", "5"]
    marked = [s for line in lines for s in line if s.style and s.style.reverse]
    assert [segment.text for segment in marked] == ["picture 5"]
