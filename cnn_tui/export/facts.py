"""What is told of a run in words, in the order that people ask for it."""

from collections.abc import Iterator

from cnn_tui.export.story import Story
from cnn_tui.layers import trace
from cnn_tui.text import count, duration, percent, shape, significant

Pair = tuple[str, str]
_ENVIRONMENT = ("cnn_tui", "python", "torch", "device_name", "cpu", "platform")
"""What others may know: no host, no command line, no user."""


def results(story: Story) -> Iterator[Pair]:
    """Yields what came of it, tests being those of the weights that are told of."""
    status, confusion = story.status, story.confusion
    yield "state", status.state
    yield "weights", f"after update {count(story.step)}"
    if confusion is not None:
        images = count(int(confusion.counts.sum()))
        yield "test accuracy", f"{percent(confusion.accuracy)} of {images} pictures"
        yield "test loss", significant(story.loss, 4)
    if status.best is not None:
        at = f"after update {count(status.best.step)}"
        yield "best while training", f"{percent(status.best.accuracy)} {at}"
    if (lineage := story.config.lineage) is not None:
        yield "forked from", f"{lineage.parent}, after update {count(lineage.step)}"
        changed = ", ".join(f"{key}={value}" for key, value in lineage.changed.items())
        yield "changed there", changed or "nothing"
    yield "updates", f"{count(status.step)} of {count(status.total_steps)}"
    yield "time of training", duration(status.training_seconds)
    yield "started", status.started_at.isoformat(" ", "minutes")


def data(story: Story) -> Iterator[Pair]:
    """Yields what it was trained on."""
    dataset, facts = story.config.dataset, story.config.dataset.facts
    yield "data set", dataset.title
    yield "pictures", f"{shape(facts.input_shape)}, {count(facts.classes)} classes"
    yield "trained on", f"{count(dataset.images_trained_on)} pictures"
    yield "normalize", dataset.normalize


def environment(story: Story) -> Iterator[Pair]:
    """Yields what it ran on, as far as that is known."""
    for name in _ENVIRONMENT:
        if story.environment.get(name) is not None:
            yield name, str(story.environment[name])


def layers(story: Story) -> Iterator[tuple[str, str, str, str]]:
    """Yields number, layer, output shape and parameters of each layer."""
    facts, model = story.config.dataset.facts, story.config.model
    table = trace(model.layers, facts.input_shape, facts.classes)
    for row in table.rows:
        parameters = count(row.parameters)
        yield row.number, row.summary, shape(row.output_shape), parameters


def classes(story: Story) -> Iterator[tuple[str, str, str, str]]:
    """Yields name, number of pictures, recall and precision of each class."""
    if (confusion := story.confusion) is None:
        return
    columns = confusion.counts.sum(1), confusion.recall, confusion.precision
    for name, images, *shares in zip(confusion.class_names, *columns, strict=True):
        known = [percent(float(value) if value == value else None) for value in shares]
        yield name, count(int(images)), known[0], known[1]
