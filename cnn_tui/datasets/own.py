"""What is known of one's own images before all of them are decoded.

Each folder and file is looked at once in a process, unless somebody asks for it again:
a form wants to know at every key. A run counts anew when it starts.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cnn_tui.datasets.facts import DatasetFacts
from cnn_tui.datasets.form import Form, Fractions, Part
from cnn_tui.datasets.listing import as_text, class_names, list_files, place
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.io.files import Stamp, stamp

_MOST = 8
"""Folders that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Folder:
    class_names: tuple[str, ...]
    sizes: Mapping[Part | None, int]
    undecided: tuple[str, ...]
    """The paths of those whose part the fractions decide."""


_folders: dict[str, _Folder] = {}


def look_into(folder: str, tell: Tell = nobody) -> None:
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
        input_shape=form.shape,
        train_images=found.sizes.get("train", 0) + rest,
        validation_images=found.sizes.get("validation", 0) + held_out,
        test_images=found.sizes.get("test", 0) + tests,
        class_names=found.class_names,
    )


@lru_cache(maxsize=_MOST)
def _places(found: _Folder, seed: int) -> list[float]:
    return sorted(place(path, seed) for path in found.undecided)


def npz_facts(path: str, fractions: Fractions) -> DatasetFacts:
    """Returns the facts of a file of arrays, without reading its images.

    Raises:
        DataError: if it cannot be read as one.
    """
    return _npz_facts(path, stamp(path, linked=True), fractions)


@lru_cache(maxsize=64)
def _npz_facts(path: str, _mark: Stamp, fractions: Fractions) -> DatasetFacts:
    from cnn_tui.datasets.npz import describe_npz  # numpy: not before it is needed

    found = describe_npz(path, fractions)
    sizes = {part: len(labels) for part, labels in found.labels.items()}
    return DatasetFacts(
        title=path,
        input_shape=found.image_shape,
        train_images=sizes.get("train", 0),
        validation_images=sizes.get("validation", 0),
        test_images=sizes.get("test", 0),
        class_names=found.class_names,
    )
