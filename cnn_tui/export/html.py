"""A run as one page of HTML that needs nothing else, neither files nor a network."""

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cnn_tui.export import facts
from cnn_tui.export.charts import (
    Frame,
    confusion_drawing,
    frame_of,
    panel_drawing,
    pictures_drawing,
)
from cnn_tui.export.drawing import data_uri, escaped, to_svg
from cnn_tui.export.page import SCRIPT, STYLE
from cnn_tui.export.story import Captioned, Panel, Story


def page(story: Story) -> str:
    """Returns the page; whatever comes from files is escaped text in it.

    Its policy lets the browser run the page's own script alone, and fetch nothing.
    """
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(STYLE)}'; "
        f"script-src '{_hash(SCRIPT)}'; base-uri 'none'; form-action 'none'"
    )
    body = "\n".join(_body(story))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{escaped(story.title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
<script>{SCRIPT}</script>
</body>
</html>
"""


def _body(story: Story) -> Iterator[str]:
    yield f"<h1>{escaped(story.title)}</h1>"
    yield f"<p>{escaped(story.run.name)}</p>"
    yield _table(facts.results(story))
    yield from (f"<p>{escaped(note)}</p>" for note in story.notes)
    yield "<h2>Curves</h2>"
    yield "<p>Training is averaged. Point at a curve to read its values.</p>"
    yield from map(_panel, story.panels)
    if story.confusion is not None:
        yield "<h2>Confusion matrix</h2>"
        yield to_svg(confusion_drawing(story.confusion))
        yield _table(facts.classes(story), ("class", "pictures", "recall", "precision"))
    if story.mistakes:
        yield "<h2>Worst mistakes</h2>"
        yield f"<div>{''.join(map(_figure, story.mistakes))}</div>"
    if story.filters:
        yield f"<h2>Filters</h2>{to_svg(pictures_drawing(story.filters))}"
    yield "<h2>Model</h2>"
    head = ("layer", "what it is", "output", "parameters")
    yield _table(facts.layers(story), head)
    yield f"<h2>Data</h2>{_table(facts.data(story))}"
    yield f"<h2>Environment</h2>{_table(facts.environment(story))}"
    lines = "\n".join(escaped(line) for line in story.config_text.splitlines())
    yield f"<h2>Config</h2><pre>{lines}</pre>"


def _panel(panel: Panel) -> str:
    """Returns a panel, and its values for the script."""
    values = _as_script(_values(panel, frame_of(panel)))
    return (
        f'<div class="panel">{to_svg(panel_drawing(panel))}<output></output>'
        f'<script type="application/json">{values}</script></div>'
    )


def _values(panel: Panel, frame: Frame) -> dict[str, Any]:
    return {
        "left": frame.left,
        "right": frame.right,
        "top": frame.top,
        "bottom": frame.bottom,
        "last": frame.x[1],
        "curves": [
            {
                "name": curve.name,
                "steps": [round(step) for step in curve.steps.tolist()],
                "values": [_rounded(value) for value in curve.values.tolist()],
            }
            for curve in panel.curves
        ],
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _as_script(value: object) -> str:
    """Returns JSON that no parser of HTML takes for the end of its element."""
    return json.dumps(value).replace("<", "\\u003c")


def _figure(shown: Captioned) -> str:
    words = escaped(shown.words)
    image = f'<img src="{data_uri(shown.pixels)}" alt="{words}">'
    return f"<figure>{image}<figcaption>{words}</figcaption></figure>"


def _table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    titles = "".join(f"<th>{escaped(title)}</th>" for title in head)
    lines = [f"<tr>{titles}</tr>"] if head else []
    for row in rows:
        cells = "".join(f"<td>{escaped(cell)}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _hash(content: str) -> str:
    """Returns what a policy names an inline script or style by."""
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
