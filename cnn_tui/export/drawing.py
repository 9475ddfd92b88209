"""A drawing as plain values, and as SVG or PNG."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from cnn_tui.pictures.colours import Pixels
from cnn_tui.text import printable

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
BACKGROUND = "#ffffff"
_SCALE = 2
"""Pixels of a PNG for each unit."""
_IN_FONT = str.maketrans({"×": "x", "−": "-"})
"""What Pillow's own font lacks."""
_SIDES = {"start": "l", "middle": "m", "end": "r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points."""

    points: Sequence[Point]
    colour: str
    width: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One line of text, its baseline at ``at``."""

    at: Point
    text: str
    size: float = 12
    anchor: Anchor = "start"
    colour: str = "#222222"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """Pixels as a rectangle whose upper left corner is ``at``, unsmoothed."""

    at: Point
    size: Point
    pixels: Pixels


Item = Line | Words | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Items on a white page; later ones lie above."""

    width: float
    height: float
    items: Sequence[Item]


def to_svg(drawing: Drawing, attributes: str = "") -> str:
    """Returns an SVG element; its texts are escaped. ``attributes`` are added as is."""
    size = f"{drawing.width:g} {drawing.height:g}"
    body = "\n".join(map(_svg, drawing.items))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" '
        f'width="{drawing.width:g}" height="{drawing.height:g}" '
        f'font-family="sans-serif"{attributes}>\n'
        f'<rect width="100%" height="100%" fill="{BACKGROUND}"/>\n{body}\n</svg>\n'
    )


def to_png(drawing: Drawing) -> bytes:
    """Returns a PNG file, two pixels for each unit."""
    from PIL import Image, ImageDraw

    size = round(drawing.width * _SCALE), round(drawing.height * _SCALE)
    canvas = Image.new("RGB", size, BACKGROUND)
    pen = ImageDraw.Draw(canvas)
    for item in drawing.items:
        _paint(item, canvas, pen)
    return _png(canvas)


def png_of(pixels: Pixels) -> bytes:
    """Returns pixels as a PNG file."""
    from PIL import Image

    return _png(Image.fromarray(pixels, "RGBA"))


def data_uri(pixels: Pixels) -> str:
    """Returns pixels as the address of a picture that is its own content."""
    return f"data:image/png;base64,{base64.b64encode(png_of(pixels)).decode()}"


def escaped(text: object) -> str:
    """Returns text of anybody's for HTML and SVG, in attributes too."""
    return html.escape(printable(text))


def _svg(item: Item) -> str:
    match item:
        case Line():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in item.points)
            return (
                f'<polyline points="{points}" fill="none" stroke="{item.colour}" '
                f'stroke-width="{item.width:g}"/>'
            )
        case Words():
            x, y = item.at
            return (
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{item.size:g}" '
                f'text-anchor="{item.anchor}" fill="{item.colour}">'
                f"{escaped(item.text)}</text>"
            )
        case Picture():
            (x, y), (width, height) = item.at, item.size
            return (
                f'<image x="{x:.1f}" y="{y:.1f}" width="{width:g}" height="{height:g}" '
                f'image-rendering="pixelated" preserveAspectRatio="none" '
                f'href="{data_uri(item.pixels)}"/>'
            )
        case _:
            assert_never(item)


def _paint(item: Item, canvas: Any, pen: Any) -> None:
    from PIL import Image, ImageFont

    match item:
        case Line():
            points = [_scaled(point) for point in item.points]
            pen.line(points, item.colour, round(item.width * _SCALE), "curve")
        case Words():
            font = ImageFont.load_default(item.size * _SCALE)
            side = _SIDES[item.anchor] + "s"
            text = printable(item.text).translate(_IN_FONT)
            pen.text(_scaled(item.at), text, item.colour, font, anchor=side)
        case Picture():
            picture = Image.fromarray(item.pixels, "RGBA")
            larger = picture.resize(_scaled(item.size), Image.Resampling.NEAREST)
            canvas.paste(larger, _scaled(item.at), larger)
        case _:
            assert_never(item)


def _scaled(point: Point) -> tuple[int, int]:
    return round(point[0] * _SCALE), round(point[1] * _SCALE)


def _png(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
