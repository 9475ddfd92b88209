"""What is said of one value: its sum line by line, and sentences."""

from collections.abc import Iterator

import numpy as np
from textual.content import Content

from cnn_tui.layers import Conv2d
from cnn_tui.look.messages import Term
from cnn_tui.pictures.colours import limit_of
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count, printable, shape, significant
from cnn_tui.ui.explorer.numbers import Grid, Signs, side_by_side
from cnn_tui.ui.explorer.view import View

_MUTED = "$foreground 60%"
_MOST_COLUMNS = 36
"""Of a sum: a name and its number belong together."""
_MOST_EXPONENT = 300
"""Of e^z as it is; what is larger is shown less the largest."""


def number(value: float) -> str:
    """Returns a value with four digits and a minus sign: "−0.1234"."""
    is_usual = 1e-3 <= abs(value) < 10
    text = f"{value:.4f}" if is_usual else significant(value, 4)
    return text.replace("-", "−")


def signed(value: float) -> str:
    """Returns a value with its sign: "+0.1234"."""
    return number(value) if value < 0 else f"+{number(value)}"


def title(view: View) -> str:
    """Returns which value it is, and how its layer gets to its size."""
    facts, (channel, y, x) = view.facts, view.place
    parts = [f"{facts.number} {facts.summary}"]
    if view.seen.maps.ndim == 3:
        parts += [f"channel {channel + 1} of {len(view.seen.maps)}", f"({y}, {x})"]
    elif view.class_names:
        parts.append(f'class "{printable(view.class_names[channel])}"')
    else:
        parts.append(f"feature {count(channel + 1)} of {count(len(view.seen.maps))}")
    if facts.formula and not view.is_flat:
        parts.append(facts.formula)
    if isinstance(view.layer, Conv2d):
        parts.append(_padding(view.layer))
    return " · ".join(parts)


def _padding(layer: Conv2d) -> str:
    """Returns what is added around the picture, and steps that are not usual."""
    sides = layer.padding
    size = sides if isinstance(sides, str) else shape(dict.fromkeys(sides))
    is_padded = size not in ("valid", "0")
    words = f"padding {size} {layer.padding_mode}" if is_padded else "no padding"
    if layer.dilation != (1, 1):
        words += f" · dilation {shape(layer.dilation)}"
    return words


def sums(view: View, width: int, height: int) -> list[Content]:
    """Returns how the value adds up, and what later layers make of it."""
    told = view.told
    after = [
        (f"→ {step.summary.removesuffix('2d')}", number(step.value))
        for step in told.then
    ]
    last = [(f"= {view.facts.type}", number(told.value)), *after]
    if told.bias is not None:
        last.insert(0, ("bias", signed(told.bias)))
    scores = list(_softmax(view)) if view.class_names else []
    room = height - len(last) - len(scores)
    rows = [*_parts(view, max(room, 2)), *last]
    width = min(width, _MOST_COLUMNS)
    return [*(_row(name, value, width) for name, value in rows), *scores]


def _row(name: str, value: str, width: int) -> Content:
    room = max(width - len(value) - 1, 1)
    if len(name) > room:
        name = f"{name[: room - 1]}…"
    return Content.assemble((f"{name:<{room}} ", _MUTED), (value, "bold"))


def _parts(view: View, most: int) -> list[tuple[str, str]]:
    """Returns what is added up, the strongest first; the last may be all others."""
    told, terms = view.told, view.terms
    if view.is_flat:
        return _for_and_against(view.term)
    if told.kind == "max":
        return [(f"largest of {view.term.values.size}", number(told.value))]
    if told.kind == "mean":
        return [(told.formula, "")]
    if told.kind != "sum":
        return [("value before", number(view.term.total))]
    if len(terms) == 1:
        return [(f"{terms[0].values.size} products", signed(terms[0].total))]
    named = terms if len(terms) <= most else terms[: most - 1]
    rows = [(_name(view, term), signed(term.total)) for term in named]
    if others := terms[len(named) :]:
        total = sum(term.total for term in others)
        rows.append((f"{len(others)} weaker", signed(total)))
    return rows


def _name(view: View, term: Term) -> str:
    if view.facts.type == "residual":
        return ("layers(x)", "x")[view.told.terms.index(term)]
    return f"in {term.channel + 1}"


def _for_and_against(term: Term) -> list[tuple[str, str]]:
    products = _products(term)
    return [
        (f"{int((products > 0).sum())} for", signed(products[products > 0].sum())),
        (f"{int((products < 0).sum())} against", signed(products[products < 0].sum())),
    ]


def _products(term: Term) -> np.ndarray:
    assert term.weights is not None
    return np.asarray(term.values.astype(float) * term.weights)


def _softmax(view: View) -> Iterator[Content]:
    """Yields e^z of each class, and its share of their sum."""
    scores = view.seen.scores.astype(float)
    shift = float(scores.max()) if scores.max() > _MOST_EXPONENT else 0.0
    powers = np.exp(scores - shift)
    power = f"e^(z−{shift:.0f})" if shift else "e^z"
    yield Content.styled(f"{'class':<8}{'z':>7}{power:>9}{'share':>8}", _MUTED)
    rows = zip(view.class_names, scores, powers, view.seen.probabilities, strict=True)
    for label, (name, score, exponential, share) in enumerate(rows):
        text = f"{printable(name)[:8]:<8}{score:>7.2f}{short_power(exponential):>9}"
        style = "bold $text-accent" if label == view.place[0] else ""
        yield Content.styled(f"{text}{100 * share:>6.1f} %".replace("-", "−"), style)


def short_power(value: float) -> str:
    """Returns e^z with three digits: "3,678", "0.0123", "1.2e+30"."""
    return f"{value:,.0f}" if 1000 <= value < 1e6 else significant(value)


def softmax_formula(view: View) -> str:
    """Returns the probability of a class, filled in."""
    scores = view.seen.scores.astype(float)
    shift = float(scores.max()) if scores.max() > _MOST_EXPONENT else 0.0
    powers = np.exp(scores - shift)
    own, share = view.place[0], float(view.seen.probabilities[view.place[0]])
    exponent = number(scores[own]) + (f" − {shift:.0f}" if shift else "")
    filled = f"{short_power(powers[own])} ÷ {short_power(powers.sum())}"
    return (
        f"softmax: e^({exponent}) ÷ sum of all {len(scores)} e^z = {filled} = "
        f"{100 * share:.2f} %"
    )


def details(
    view: View, width: int, height: int, depth: Depth, signs: Signs
) -> list[Content]:
    """Returns what the value is made of in numbers, as much as there is room for."""
    told = view.told
    if view.is_flat:
        return _contributions(view, width, height)
    if view.facts.type == "flatten":
        return [Content(_flattened(view))]
    if view.term.values.size == 1 and view.term.weights is None:
        return [Content(told.formula)]
    lines: list[Content] = []
    for place, term in enumerate(view.terms[view.first :], start=view.first):
        block = _term_lines(view, term, width, depth, signs)
        heading = Content.styled(_heading(view, term, place, signs), _MUTED)
        is_tight = height < len(block) + 1
        block = block if is_tight else [heading, *block]
        if lines and len(lines) + len(block) > height:
            break
        lines += block
    return lines


def _term_lines(
    view: View, term: Term, width: int, depth: Depth, signs: Signs
) -> list[Content]:
    """Returns window × kernel = products, or as much of it as fits."""
    values = Grid(
        values=term.values,
        limit=limit_of(view.before),
        padding=view.told.padding,
        winner=view.told.winner,
    )
    if term.weights is None:
        grids = [values]
    else:
        limits = [limit_of(_products(each)) for each in view.told.terms]
        kernel = view.seen.filters if view.seen.filters is not None else term.weights
        weights = Grid(values=term.weights, limit=limit_of(kernel), sign="×")
        products = Grid(values=_products(term), limit=max(limits), sign="=")
        grids = [values, weights, products]
    lines = side_by_side(grids, width, depth, signs)
    if lines is None:
        lines = side_by_side(grids[-1:], width, depth, signs)
    return lines or [Content(f"{shape(term.values.shape)} numbers need a wider screen")]


def _heading(view: View, term: Term, place: int, signs: Signs) -> str:
    told = view.told
    size = shape(term.values.shape)
    if told.kind == "max":
        assert told.winner is not None
        row, column = told.winner
        return f"window {size}: row {row + 1}, column {column + 1} has won"
    if told.kind == "mean":
        return f"window {size} × share = parts of the mean"
    words = f"in {term.channel + 1} of {len(view.before)}"
    if len(told.terms) > 1:
        words += f" · number {place + 1} of {len(told.terms)} by size"
    padding = (
        "" if told.padding is None or not told.padding.any() else " · ░ is padding"
    )
    return f"{words} · window × kernel = products, sum {signed(term.total)}{padding}"


def _contributions(view: View, width: int, height: int) -> list[Content]:
    """Returns the largest weights × values in numbers, in as many columns as fit."""
    products = _products(view.term)
    weights = view.term.weights
    assert weights is not None
    lines = [Content.styled(_readout(view), _MUTED)]
    if view.class_names:
        lines.append(Content(softmax_formula(view)))
    rows = max(height - len(lines), 1)
    order = np.argsort(-np.abs(products), kind="stable")
    texts = [
        f"{_origin(view, at):<12} {number(view.term.values[at]):>7} ×"
        f"{number(weights[at]):>8} ={signed(products[at]):>8}"
        for at in order[: rows * max(width // 40, 1)].tolist()
    ]
    columns = [texts[row::rows] for row in range(min(rows, len(texts)))]
    joined = ["".join(f"{text:<40}" for text in row) for row in columns]
    return [*lines, *map(Content, joined)]


def _readout(view: View) -> str:
    channel = view.place[0]
    name = f"feature {channel + 1}"
    if view.class_names:
        name = f'"{printable(view.class_names[channel])}"'
    return f"value × weight: what speaks most for {name} (+) or against it (−)"


def _origin(view: View, feature: int) -> str:
    """Returns where a feature was before it was flattened: "ch 16 (4, 5)"."""
    if len(view.shape) != 3:
        return f"feature {feature + 1}"
    channel, y, x = np.unravel_index(feature, view.shape)
    return f"ch {channel + 1} ({y}, {x})"


def _flattened(view: View) -> str:
    channel, y, x = np.unravel_index(view.place[0], view.facts.input_shape)
    return (
        f"feature {count(view.place[0] + 1)} is channel {channel + 1} at ({y}, {x}): "
        f"{number(view.told.value)}"
    )
