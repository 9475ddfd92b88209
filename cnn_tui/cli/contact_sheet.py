"""A sheet of a data set's pictures, a row for each class."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.cells import set_cell_size
from rich.segment import Segment

from cnn_tui.pictures.canvas import reduced, side_by_side
from cnn_tui.pictures.cells import drawn
from cnn_tui.pictures.colours import from_image
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import printable

SIDE = 16
"""Pixels of a picture on the sheet, across and down."""
_NAME_COLUMNS = 12


def contact_sheet(
    images: "np.ndarray",
    labels: "np.ndarray",
    class_names: Sequence[str],
    columns: int,
    depth: Depth,
) -> Iterator[list[Segment]]:
    """Yields the lines of a sheet of pictures, within ``columns`` of a terminal.

    ``images`` is uint8 N×C×H×W, ``labels`` N.
    """
    per_row = max(1, (columns - _NAME_COLUMNS) // (SIDE + 1))
    for label, name in enumerate(class_names):
        chosen = images[np.flatnonzero(labels == label)[:per_row]]
        if not len(chosen):
            continue
        pictures = [reduced(from_image(image), SIDE, SIDE) for image in chosen]
        lines = drawn(side_by_side(pictures, len(pictures))[1:-1], depth)
        for number, line in enumerate(lines):
            title = printable(name) if number == 0 else ""
            yield [Segment(set_cell_size(title, _NAME_COLUMNS - 1)), *line]
        yield []
