"""What other programs call a value, and what we do."""

import re
from collections.abc import Iterable, Mapping, Sequence

from cnn_tui.errors import InputError
from cnn_tui.foreign.columns import TARGETS
from cnn_tui.text import printable

_PARTS = {
    "train": ("train", "training", "fit"),
    "test": ("test", "testing"),
    "validation": ("validation", "val", "valid", "eval", "evaluation", "dev"),
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words}
_WHEN = {"epoch", "step", "batch", "iter"}
_ACCURACY = {"acc", "accuracy"}
_ACCURACY_KINDS = {"sparse", "categorical", "binary", "multiclass", "top", "top1", "1"}


def part_of(word: str) -> str | None:
    """Returns the part of the data that a word means: train, test or validation."""
    return _PART_OF.get(word.lower())


def target_of(name: str) -> str | None:
    """Returns the curve that a name of another program most likely means, if any."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    words = [word for word in words if word not in _WHEN]
    parts = {_PART_OF[word] for word in words if word in _PART_OF}
    left = [word for word in words if word not in _PART_OF]
    if len(parts) > 1 or not left:
        return None
    part = next(iter(parts), "train")
    if left[0] == "lr" or left[:2] == ["learning", "rate"]:
        return "lr" if part == "train" and len(left) <= 3 else None
    if left == ["loss"]:
        return f"{part}/loss"
    is_accuracy = left[-1] in _ACCURACY and set(left[:-1]) <= _ACCURACY_KINDS
    return f"{part}/accuracy" if is_accuracy else None


def assigned(names: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Returns a curve for names of a file: those wanted, then the likely ones.

    Each curve is of one name; one that says "epoch", a mean, stands back.
    """
    found = {name: target for name, target in wanted.items() if name in names}
    for name in sorted(names, key=lambda name: "epoch" in name.lower()):
        target = target_of(name)
        if name not in wanted and target and target not in found.values():
            found[name] = target
    return found


def parse_wanted(pairs: Iterable[str]) -> dict[str, str]:
    """Returns what ``--map NAME=train/loss`` options say.

    Raises:
        InputError: one is no such pair, or a curve is given twice.
    """
    wanted: dict[str, str] = {}
    for pair in pairs:
        name, _, target = pair.rpartition("=")
        if not name or target not in TARGETS:
            raise InputError(
                f"--map {printable(pair)}: must be NAME=CURVE, with a curve of "
                f"{', '.join(TARGETS)}"
            )
        if target in wanted.values():
            raise InputError(f"--map gives {target} twice: one name for each curve")
        wanted[name] = target
    return wanted
