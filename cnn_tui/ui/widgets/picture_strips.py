"""Pictures as rows of cells, in the colours of the terminal that Textual found."""

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.strip import Strip

if TYPE_CHECKING:
    import numpy as np

    from cnn_tui.pictures.depth import Depth


def picture_strips(
    picture: "np.ndarray", height: int, width: int, depth: "Depth"
) -> list[Strip]:
    """Draws a picture, uint8 H×W×3, as ``height``×``width`` dots, two in a cell."""
    # Only here: numpy is not for the first paint.
    from cnn_tui.pictures.canvas import reduced
    from cnn_tui.pictures.cells import drawn
    from cnn_tui.pictures.colours import from_image

    pixels = from_image(picture.transpose(2, 0, 1))
    if pixels.shape[:2] != (height, width):
        pixels = reduced(pixels, height, width)
    return [Strip(cells, width) for cells in drawn(pixels, depth)]


def depth_of_screen(app: App[Any]) -> "Depth":
    """Returns what colours an application can show."""
    from cnn_tui.pictures.depth import Depth

    if app.has_class("-ascii"):
        return Depth.ASCII
    if app.console.no_color:
        return Depth.GREY
    systems = {
        "truecolor": Depth.TRUE_COLOUR,
        "256": Depth.COLOURS_256,
        "standard": Depth.COLOURS_16,
    }
    return systems.get(app.console.color_system or "", Depth.GREY)
