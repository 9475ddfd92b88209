"""What is known of one's own images before all of them are decoded.

Each folder and file is looked at once in a process, unless somebody asks for it again:
a form wants to know at every key. A run counts anew when it starts.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from cnn_tui.datasets.facts import DatasetFacts
from cnn_tui.datasets.form import CHANNELS, Form, Fractions, Part
from cnn_tui.datasets.listing import (
    TellListed,
    as_text,
    class_names,
    list_files,
    place,
)

_MOST = 8
"""Folders that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Folder:
    class_names: tuple[str, ...]
    sizes: Mapping[Part | None, int]
    undecided: tuple[str, ...]
    """The paths of those whose part the fractions decide."""


_folders: dict[str, _Folder] = {}


def look_into(folder: str, tell: TellListed = lambda found: None) -> None:
    """Lists a folder of pictures anew; ``tell`` may raise to end that.

    Raises:
        DataError: if it is none.
    """
    _folders.pop(folder, None)
    files = list_files(folder, tell)
    while len(_folders) >= _MOST:
        del _folders[next(iter(_folders))]
    _folders[folder] = _Folder(
        class_names=tuple(map(as_text, class_names(files))),
        sizes=Counter(file.part for file in files),
        undecided=tuple(file.path for file in files if file.part is None),
    )


def folder_facts(folder: str, fractions: Fractions, form: Form) -> DatasetFacts:
    """Returns the facts of a folder of pictures, as its files tell them.

    Files that turn out to be no pictures are counted.

    Raises:
        DataError: if it is no folder of pictures.
    """
    if folder not in _folders:
        look_into(folder)
    found = _folders[folder]
    places = _places(found, fractions.seed)
    tests = bisect_left(places, fractions.test)
    held_out = bisect_left(places, fractions.test + fractions.validation) - tests
    rest = len(places) - tests - held_out
    return DatasetFacts(
        title=folder,
        input_shape=(CHANNELS[form.mode], form.image_size, form.image_size),
        train_images=found.sizes.get("train", 0) + rest,
        validation_images=found.sizes.get("validation", 0) + held_out,
        test_images=found.sizes.get("test", 0) + tests,
        class_names=found.class_names,
    )


@lru_cache(maxsize=_MOST)
def _places(found: _Folder, seed: int) -> list[float]:
    return sorted(place(path, seed) for path in found.undecided)


@lru_cache(maxsize=_MOST)
def _npz(path: str) -> DatasetFacts:
    from cnn_tui.datasets.npz import read_parts  # numpy: not before it is needed

    file = read_parts(path)
    sizes = {part: len(found.labels) for part, found in file.parts.items()}
    channels, height, width = file.parts["train"].images.shape[1:]
    return DatasetFacts(
        title=path,
        input_shape=(channels, height, width),
        train_images=sizes["train"],
        validation_images=sizes.get("validation", 0),
        test_images=sizes.get("test", 0),
        class_names=file.class_names,
    )


def npz_facts(path: str, fractions: Fractions) -> DatasetFacts:
    """Returns the facts of a file of arrays.

    Raises:
        DataError: if it cannot be read as one.
    """
    facts = _npz(path)
    if facts.test_images:
        return facts
    from cnn_tui.datasets.npz import chosen_by_place

    chosen = chosen_by_place(facts.train_images, fractions)
    sizes = {part: int(which.sum()) for part, which in chosen.items()}
    return replace(
        facts,
        train_images=sizes["train"],
        validation_images=sizes.get("validation", facts.validation_images),
        test_images=sizes["test"],
    )
