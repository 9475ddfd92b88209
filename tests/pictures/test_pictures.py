"""Numbers to pixels to cells."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.segment import Segment
from rich.style import Style

from cnn_tui.pictures import canvas
from cnn_tui.pictures.cells import drawn, write_png
from cnn_tui.pictures.colours import NEGATIVE, POSITIVE, ZERO, diverging, from_image
from cnn_tui.pictures.depth import Depth, depth_of


class Terminal(io.StringIO):
    """A stream that says what it is."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, Depth.TRUE_COLOUR),
        ({"TERM": "xterm-256color"}, Depth.COLOURS_256),
        ({"TERM": "linux"}, Depth.COLOURS_16),
        ({"TERM": "dumb"}, Depth.GREY),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit", "NO_COLOR": "1"}, Depth.GREY),
    ],
)
def test_the_terminal_says_what_it_can(
    environment: dict[str, str], depth: Depth
) -> None:
    assert depth_of("auto", Terminal(), environment) is depth
    assert depth_of("ascii", Terminal(), environment) is Depth.ASCII


def test_a_pipe_has_no_colours_and_latin_1_no_blocks() -> None:
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    pipe = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert depth_of("auto", pipe, colours) is Depth.GREY
    assert depth_of("auto", io.TextIOWrapper(io.BytesIO(), "latin-1")) is Depth.ASCII


def test_zero_is_dark_and_signs_have_colours() -> None:
    pixels = diverging(np.array([[-2.0, 0.0, 2.0, np.nan]]))
    assert tuple(pixels[0, 0, :3]) == NEGATIVE
    assert tuple(pixels[0, 1, :3]) == ZERO
    assert tuple(pixels[0, 2, :3]) == POSITIVE
    assert tuple(pixels[0, 3, :3]) not in (NEGATIVE, ZERO, POSITIVE)
    half = diverging(np.array([[1.0]]), limit=2)[0, 0, :3]
    assert (np.minimum(ZERO, POSITIVE) < half).all()
    assert (half < np.maximum(ZERO, POSITIVE)).all()


def test_a_cell_is_two_pixels_and_two_colours_are_one_segment() -> None:
    image = np.array([[[255, 255, 0], [0, 0, 0], [7, 7, 7]]], np.uint8)
    lines = drawn(from_image(image), Depth.TRUE_COLOUR)
    assert [[part.text for part in line] for line in lines] == [["▀▀ "], ["▀▀▀"]]
    first, second = lines[0][0].style, lines[1][0].style
    assert first is not None
    assert str(first) == "#ffffff on #000000"
    assert second is not None
    assert second.bgcolor is None


@pytest.mark.parametrize("colours", [2, 3, 40])
def test_cells_show_the_pixels_and_nothing_else(colours: int) -> None:
    random = np.random.default_rng(colours)
    palette = random.integers(0, 255, (colours, 4)).astype(np.uint8)
    palette[:, 3] = 255
    palette[0] = 0  # not painted
    pixels = palette[random.integers(0, colours, (5, 30))]
    lines = drawn(pixels, Depth.TRUE_COLOUR)
    assert len(lines) == 3
    seen = np.concatenate([pixels_of(line) for line in lines])
    assert (seen[:5] == pixels).all()
    if colours == 2:
        assert [len(line) for line in lines] == [1, 1, 1]


def pixels_of(line: list[Segment]) -> "np.ndarray":
    """Returns what a terminal shows of a line of cells, 2×W×4."""
    seen = []
    for part in line:
        style = part.style or Style()
        ink, ground = (
            (*colour.get_truecolor(), 255) if colour else (0, 0, 0, 0)
            for colour in (style.color, style.bgcolor)
        )
        halves = {" ": (ground, ground), "▀": (ink, ground), "▄": (ground, ink)}
        seen += [halves.get(sign, (ink, ink)) for sign in part.text]
    return np.array(seen, np.uint8).transpose(1, 0, 2)


@pytest.mark.parametrize(("depth", "shown"), [("grey", "█░ "), ("ascii", "@- ")])
def test_without_colours_brightness_is_a_character(depth: str, shown: str) -> None:
    image = np.array([[[255, 90, 0], [255, 90, 0]]], np.uint8)
    [line] = drawn(from_image(image), Depth(depth))
    assert "".join(part.text for part in line) == shown
    assert all(part.style is None for part in line)


@pytest.mark.parametrize("size", [(4, 4), (1, 3), (28, 28), (3, 200)])
@pytest.mark.parametrize("room", [(16, 16), (7, 40), (1, 1)])
def test_a_picture_fits_and_keeps_its_mean(
    size: tuple[int, int], room: tuple[int, int]
) -> None:
    image = np.random.default_rng(1).integers(0, 255, (1, *size)).astype(np.uint8)
    pixels = canvas.fitted(from_image(image), *room)
    assert pixels.shape[0] <= room[0]
    assert pixels.shape[1] <= room[1]
    assert 2 * pixels.shape[0] > room[0] or 2 * pixels.shape[1] > room[1]
    assert abs(pixels[..., 0].mean() - image.mean()) < 40


def test_pictures_side_by_side_stand_where_place_says_and_one_is_framed() -> None:
    pictures = [
        from_image(np.full((1, 2, 3), value, np.uint8)) for value in (10, 20, 30)
    ]
    together = canvas.side_by_side(pictures, columns=2, marked=2)
    assert together.shape[:2] == (7, 9)
    for number, value in enumerate((10, 20, 30)):
        top, left = canvas.place(number, 2, (2, 3))
        assert (together[top : top + 2, left : left + 3, 0] == value).all()
    top, left = canvas.place(2, 2, (2, 3))
    assert tuple(together[top - 1, left - 1]) == (*canvas.MARK, 255)
    assert together[0, 0, 3] == 0


def test_a_png_holds_the_pixels(tmp_path: Path) -> None:
    from PIL import Image

    pixels = diverging(np.linspace(-1, 1, 12).reshape(3, 4))
    write_png(pixels, tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as image:
        assert (np.asarray(image) == pixels).all()
