"""What is said of the form's fields: what is wrong, what follows, what they hold."""

from collections.abc import Sequence
from typing import Any

from cnn_tui.config import Problem, RunConfig
from cnn_tui.text import count
from cnn_tui.ui.form_fields import HINTS, SOURCE, WORDS_FOR_NONE

ITERATIONS, EPOCHS = LENGTHS = ("training.iterations", "training.epochs")
_EDITED, _EDITED_FROM = " (edited)", "Edited from"
_MAX_TITLE, _MAX_DESCRIPTION = 200, 4000


def field_of(problem: Problem, keys: Sequence[str]) -> str | None:
    """Returns the key of the field to correct."""
    path = [str(part) for part in problem.path]
    if path in (["dataset", "folder"], ["dataset", "npz"]):
        return SOURCE
    for length in range(len(path), 0, -1):
        key = ".".join(path[:length])
        for candidate in (key, f"{key}.name"):
            if candidate in keys:
                return candidate
    return None


def sentence(key: str, problem: Problem) -> str:
    """Returns what is wrong with a field."""
    word = WORDS_FOR_NONE.get(key)
    return f"{problem.message}; or {word}" if word else problem.message


def derived(key: str, config: RunConfig | None) -> str:
    """Returns the length of the run in the unit in which it was not given."""
    if config is None:
        return ""
    if key == ITERATIONS:
        return str(config.total_steps)
    epochs = round(config.total_steps / config.steps_per_epoch, 2)
    is_exact = epochs * config.steps_per_epoch == config.total_steps
    return f"{'' if is_exact else '≈ '}{epochs:g}"


def hint(key: str, config: RunConfig | None, own_text: str) -> str:
    """Returns what stands beside a field that is right."""
    if key == EPOCHS and config is not None:
        return f"of {count(config.steps_per_epoch)} updates"
    return f"preset {own_text}" if own_text else HINTS.get(key, "")


def edited_words(mapping: dict[str, Any], name: str) -> dict[str, str]:
    """Returns title and description of a net that is not the preset's any more."""
    title, description = mapping.get("title", ""), mapping.get("description", "")
    words = {}
    if title and not title.endswith(_EDITED):
        words["title"] = f"{title[: _MAX_TITLE - len(_EDITED)]}{_EDITED}"
    said = f"{_EDITED_FROM} {name}, of which this was said. {description}"
    is_first = description and not description.startswith(_EDITED_FROM)
    if is_first and len(said) <= _MAX_DESCRIPTION:
        words["description"] = said
    return words
