"""What is known of one's own images before all of them are decoded."""

from functools import lru_cache

from cnn_tui.datasets.facts import DatasetFacts
from cnn_tui.datasets.form import Form, Fractions
from cnn_tui.datasets.listing import count_pictures

_count = lru_cache(maxsize=64)(count_pictures)
"""A folder is looked at once in a process: a form asks at every key."""


def folder_facts(folder: str, fractions: Fractions, form: Form) -> DatasetFacts:
    """Returns the facts of a folder of pictures, as its files tell them.

    Files that turn out to be no pictures are counted; a run counts anew when it starts.

    Raises:
        DataError: if it is no folder of pictures.
    """
    class_names, counts = _count(folder, fractions)
    return DatasetFacts(
        title=folder,
        input_shape=form.shape,
        train_images=counts["train"],
        validation_images=counts["validation"],
        test_images=counts["test"],
        class_names=class_names,
    )


@lru_cache(maxsize=64)
def npz_facts(path: str, fractions: Fractions) -> DatasetFacts:
    """Returns the facts of a file of arrays, without reading its images.

    Raises:
        DataError: if it cannot be read as one.
    """
    from cnn_tui.datasets.npz import describe_npz  # numpy: not before it is needed

    found = describe_npz(path, fractions)
    sizes = {part: len(labels) for part, labels in found.labels.items()}
    return DatasetFacts(
        title=path,
        input_shape=found.image_shape,
        train_images=sizes["train"],
        validation_images=sizes.get("validation", 0),
        test_images=sizes.get("test", 0),
        class_names=found.class_names,
    )
