"""The lines above a network: whose weights, which moment, and which picture goes in."""

from typing import NamedTuple

from textual.content import Content

from cnn_tui.text import count, printable
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.inside.scene import Scene
from cnn_tui.ui.inside.timeline import moment_words, timeline
from cnn_tui.ui.inside.words import picture_words
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.run_view import RunView

_TIMELINE_WIDTH = 24
_MUTED = "$foreground 60%"
_FAINT = "$foreground 40%"


class Moments(NamedTuple):
    """When one can look at a run."""

    steps: list[int]
    run: RunView


def heading_lines(
    scene: Scene, looking: Looking, moments: Moments, among: str, glyphs: Glyphs
) -> list[Content]:
    """Returns three lines; ``among`` says which pictures one goes through."""
    picture = picture_words(scene.seen, scene.picture, scene.opened, among)
    return [
        _run_line(scene, looking, moments.run, glyphs),
        _moment_line(scene.seen.step, looking, moments, glyphs),
        Content(" · ").join(picture),
    ]


def _run_line(scene: Scene, looking: Looking, run: RunView, glyphs: Glyphs) -> Content:
    device = "" if looking.device == "cpu" else f" · looked at on {looking.device}"
    return Content.assemble(
        ("Inside ", "bold $accent"),
        printable(looking.run.name),
        (f" · {printable(scene.opened.title)}", _MUTED),
        f" · {glyphs.state(run.state)} {printable(run.state)}{device}",
    )


def _moment_line(
    step: int, looking: Looking, moments: Moments, glyphs: Glyphs
) -> Content:
    status = moments.run.status
    best = status.best.step if status and status.best else None
    said = moment_words(looking.moment, step, best, moments.run.is_live)
    before, here, after = timeline(moments.steps, step, _TIMELINE_WIDTH, glyphs)
    return Content.assemble(
        f"{said} ",
        (before, _FAINT),
        (here, "bold $accent"),
        (after, _FAINT),
        f" {count(len(moments.steps))} moments",
    )
