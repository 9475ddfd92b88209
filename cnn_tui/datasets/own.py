"""What is known of one's own images before all of them are decoded."""

from functools import lru_cache

from cnn_tui.datasets.facts import DatasetFacts
from cnn_tui.datasets.form import CHANNELS, Form, Fractions
from cnn_tui.datasets.listing import list_pictures


@lru_cache(maxsize=8)
def folder_facts(folder: str, fractions: Fractions, form: Form) -> DatasetFacts:
    """Returns the facts of a folder of pictures, as its files tell them.

    It is looked at once in a process: a form asks at every key. Files that turn out to
    be no pictures are counted; a run counts anew when it starts.

    Raises:
        DataError: if it is no folder of pictures.
    """
    listing = list_pictures(folder, fractions)
    counts = listing.counts()
    return DatasetFacts(
        title=folder,
        input_shape=(CHANNELS[form.mode], form.image_size, form.image_size),
        train_images=counts["train"],
        validation_images=counts["validation"],
        test_images=counts["test"],
        class_names=listing.class_names,
    )


@lru_cache(maxsize=8)
def npz_facts(path: str, fractions: Fractions) -> DatasetFacts:
    """Returns the facts of a file of arrays.

    Raises:
        DataError: if it cannot be read as one.
    """
    from cnn_tui.datasets.npz import read_npz  # numpy: not before it is needed

    file = read_npz(path, fractions)
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
