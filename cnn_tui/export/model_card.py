"""A model card: a page of Markdown that goes with a network."""

import re
from collections.abc import Iterable, Iterator, Sequence

from cnn_tui.export import facts
from cnn_tui.export.story import Story
from cnn_tui.text import printable

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&]")


def model_card(story: Story) -> str:
    """Returns the page; whatever comes from files is text in it, never markup."""
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    yield f"# {_text(story.title)}"
    yield ""
    if story.config.description:
        yield from (_text(story.config.description), "")
    yield "A convolutional network that says which class a picture is of, trained with "
    yield f"cnn-tui as run {_text(story.run.name)}."
    yield from _section("Model", _table(_LAYERS, facts.layers(story)))
    yield from _section("Data", _table(_PAIR, facts.data(story)))
    yield from _section("Results", _table(_PAIR, facts.results(story)))
    yield from (line for note in story.notes for line in (_text(note), ""))
    if story.confusion is not None:
        yield from _section("Classes", _table(_CLASSES, facts.classes(story)))
    yield from _section("Limits", _LIMITS)
    yield from _section("Loading it", _loading(story))
    yield from _section("Environment", _table(_PAIR, facts.environment(story)))
    yield from _section("Config", _code(story.config_text))


_PAIR = ("", "")
_LAYERS = ("layer", "what it is", "output", "parameters")
_CLASSES = ("class", "pictures", "recall", "precision")
_LIMITS = (
    "- It knows the classes above and no other: whatever a picture shows, it is taken",
    "  for one of them, often with a high probability.",
    "- The results are of test pictures of the same source as the training pictures.",
    "  Others, from another camera or prepared in another way, were not tried.",
    "- Where the best weights were chosen by the test accuracy, that is a little too",
    "  good: the config says whether pictures were held out for it.",
    "- One run with one seed says nothing of how much another would differ.",
)


def _loading(story: Story) -> Sequence[str]:
    run = _quoted(story.run.name)
    return (
        "The torch module, in a file that needs nothing of cnn-tui:",
        "",
        *_code(f"cnn-tui show {run} --code > net.py"),
        "",
        "For ONNX runtimes; it takes uint8 N×C×H×W:",
        "",
        *_code(f"cnn-tui export {run} --to onnx --output net.onnx"),
        "",
        *_code(
            "import onnxruntime\n"
            'session = onnxruntime.InferenceSession("net.onnx")\n'
            'scores, probabilities = session.run(None, {"images": images})'
        ),
    )


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "", *lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"


def _code(text: str) -> Iterator[str]:
    """Yields an indented block, which no content can end."""
    yield from (f"    {printable(line)}" for line in text.split("\n"))


def _text(value: object) -> str:
    """Returns text whose signs Markdown does not take for its own."""
    return _SPECIAL.sub(r"\\\g<0>", printable(value))


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(printable(name))
