"""What is said of a look into a network, in lines."""

from collections.abc import Sequence

import numpy as np
from textual.content import Content

from cnn_tui.look.messages import (
    LayerFacts,
    OcclusionMap,
    Opened,
    Patches,
    Picture,
    Seen,
)
from cnn_tui.text import NOT_FINITE, count, printable, shape, significant
from cnn_tui.ui.glyphs import Glyphs

_MUTED = "$foreground 60%"


def input_facts(opened: Opened) -> LayerFacts:
    """Returns the row of what goes in."""
    return LayerFacts(
        number="0",
        type="input",
        summary="input",
        formula=None,
        input_shape=opened.input_shape,
        output_shape=opened.input_shape,
        receptive_field=(1, 1),
    )


def layer_lines(
    layers: Sequence[LayerFacts], at: int, width: int, height: int, glyphs: Glyphs
) -> list[Content]:
    """Returns the rows around the layer that is looked at, which is marked."""
    start = min(max(0, at - height // 2), max(0, len(layers) - height))
    numbers = max(len(layer.number) for layer in layers)
    shapes = max(len(shape(layer.output_shape)) for layer in layers)
    room = max(4, width - numbers - shapes - 4)
    lines = []
    for row, layer in list(enumerate(layers))[start : start + height]:
        summary = printable(layer.summary)
        summary = summary if len(summary) <= room else f"{summary[: room - 1]}…"
        sign = glyphs.changed if row == at else " "
        number, output = layer.number.rjust(numbers), shape(layer.output_shape)
        text = f"{sign}{number} {summary:<{room}} {output:>{shapes}}"
        lines.append(Content.styled(text, "reverse bold" if row == at else ""))
    return lines


def answer_lines(
    seen: Seen, names: Sequence[str], width: int, height: int, glyphs: Glyphs
) -> list[Content]:
    """Returns what the network takes the picture for, the most probable first."""
    best = np.argsort(-seen.probabilities, kind="stable")[:height]
    return [
        class_line(seen, int(label), names, width, glyphs, is_marked=False)
        for label in best
    ]


def score_lines(
    seen: Seen, names: Sequence[str], at: int, size: tuple[int, int], glyphs: Glyphs
) -> list[Content]:
    """Returns the scores of the classes around the one that is marked."""
    width, height = size
    start = min(max(0, at - height // 2), max(0, len(names) - height))
    return [
        class_line(seen, label, names, width, glyphs, is_marked=label == at)
        for label in range(len(names))[start : start + height]
    ]


def class_line(
    seen: Seen,
    label: int,
    names: Sequence[str],
    width: int,
    glyphs: Glyphs,
    *,
    is_marked: bool,
) -> Content:
    """Returns a class with its probability and its score."""
    longest = min(max(map(len, names)), max(4, width // 3))
    name = printable(names[label])[:longest].ljust(longest)
    said = (
        f" {score(seen.probabilities[label]):>7} {significant(seen.scores[label]):>7}"
    )
    bar, rest = glyphs.bar_parts(
        float(seen.probabilities[label]), max(0, width - len(name) - len(said) - 2)
    )
    sign = glyphs.changed if is_marked else " "
    return Content.assemble(
        (f"{sign}{name} ", "reverse bold" if is_marked else ""),
        (bar, "$accent"),
        (rest, "$foreground 20%"),
        said,
    )


def score(probability: float) -> str:
    """Returns a probability: "97.2 %"; "–" of scores that are not finite."""
    is_known = np.isfinite(probability)
    return f"{100 * float(probability):.1f} %" if is_known else "–"


def picture_words(
    seen: Seen, picture: Picture, opened: Opened, among: str
) -> list[Content]:
    """Returns which picture goes in, what it is, and what the network says."""
    names = opened.class_names
    says = int(seen.probabilities.argmax())
    certainty = f"says {printable(names[says])} ({score(seen.probabilities[says])})"
    if not np.isfinite(seen.probabilities).all():
        certainty = NOT_FINITE
    is_right = seen.label in (None, says)
    total = opened.pictures.get(picture.part, 0)
    part = "" if picture.part == "test" else f"{picture.part} "
    which = f"{part}picture #{picture.index} of {count(total)}"
    which = "your own picture" if picture.own is not None else which
    parts = [Content(which)]
    if seen.label is not None:
        parts.append(Content(f"true {printable(names[seen.label])}"))
    parts.append(
        Content.styled(
            certainty + ("" if is_right else ", wrong"),
            "bold" if is_right else "bold $text-error",
        )
    )
    return [*parts, Content(among)] if among else parts


def values_words(values: "np.ndarray", dead_on: int) -> str:
    """Returns what is known of a map, H×W, that is dead on so many pictures."""
    if values.size == 1:
        return value_word(values[0, 0])
    said = f"{100 * (values == 0).mean():.0f} % zero"
    finite = values[np.isfinite(values)]
    if finite.size:
        low, mean, high = map(value_word, (finite.min(), finite.mean(), finite.max()))
        said = f"{low} … {high}, mean {mean}, {said}"
    dead = f" · dead: not above 0 on {count(dead_on)} pictures"
    return said + dead * bool(dead_on)


def value_word(value: float) -> str:
    """Returns one value, with a sign that lines up: "−0.112"."""
    return significant(float(value)).replace("-", "−")


def limit_words(scale: str, limit: float) -> str:
    """Returns what the colours mean."""
    if scale == "unit":
        return "colours: each by its own largest"
    return f"colours: ±{significant(limit)}, the largest of the {scale}"


def where_words(found: OcclusionMap, name: str) -> str:
    """Returns what the colours of an occlusion map mean, and the largest fall."""
    y, x = np.unravel_index(found.drop.argmax(), found.drop.shape)
    fall, side = 100 * float(found.drop[y, x]), found.window
    return (
        f"covering {side}×{side} pixels lowers {name} (orange) or raises it (blue); "
        f"most at y {y}, x {x}: {fall:.1f} points"
    )


def patches_words(patches: Patches) -> str:
    """Returns what the pictures that excite a channel are."""
    return (
        f"of {count(patches.pictures)} test pictures those with the largest values; "
        "below each its class and its value, the line is around what it is made from"
    )
