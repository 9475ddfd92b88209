"""Files of arrays as data sets."""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from cnn_tui.datasets.form import Fractions
from cnn_tui.datasets.npz import describe_npz, read_npz
from cnn_tui.errors import DataError

IMAGES = np.arange(100 * 4 * 5 * 3).reshape(100, 4, 5, 3).astype(np.uint8)
LABELS = np.arange(100) % 3


def save(folder: Path, **arrays: Any) -> str:
    """Writes a file; returns its path."""
    np.savez(folder / "x.npz", **arrays)
    return str(folder / "x.npz")


@pytest.mark.parametrize(
    ("images", "shape"),
    [
        (IMAGES, (3, 4, 5)),
        (IMAGES.transpose(0, 3, 1, 2), (3, 4, 5)),
        (IMAGES[..., 0], (1, 4, 5)),
        (IMAGES[..., :1], (1, 4, 5)),
    ],
)
def test_channels_come_first_whatever_the_file_has(
    tmp_path: Path, images: "np.ndarray", shape: tuple[int, ...]
) -> None:
    found = read_npz(save(tmp_path, images=images, labels=LABELS), Fractions())
    assert found.parts["train"].images.shape[1:] == shape
    assert found.class_names == ("0", "1", "2")


def test_parts_and_names_are_taken_as_they_are(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        train_images=IMAGES[:50],
        train_labels=LABELS[:50],
        val_images=IMAGES[50:60],
        val_labels=LABELS[50:60],
        test_images=IMAGES[60:],
        test_labels=LABELS[60:].astype(np.uint8),
        class_names=np.array(["ant", "bee", "wasp", "fly"]),
    )
    found = read_npz(path, Fractions())
    sizes = {part: len(some.labels) for part, some in found.parts.items()}
    assert sizes == {"train": 50, "validation": 10, "test": 40}
    assert found.class_names == ("ant", "bee", "wasp", "fly")
    assert found.parts["test"].labels.dtype == np.int64


def test_without_tests_some_are_chosen_and_more_images_move_none(
    tmp_path: Path,
) -> None:
    fractions = Fractions(test=0.3, validation=0.2, seed=1)
    marked = np.arange(100, dtype=np.uint8)[:, None, None] * np.ones(
        (1, 2, 2), np.uint8
    )

    def tests(number: int) -> list[int]:
        path = save(tmp_path, images=marked[:number], labels=LABELS[:number])
        parts = read_npz(path, fractions).parts
        assert sum(len(some.labels) for some in parts.values()) == number
        return [int(v) for v in parts["test"].images[:, 0, 0, 0]]

    assert [n for n in tests(100) if n < 60] == tests(60)


def test_a_part_that_no_image_falls_into_is_none(tmp_path: Path) -> None:
    path = save(tmp_path, images=IMAGES[:2], labels=LABELS[:2])
    assert set(read_npz(path, Fractions(test=0.001)).parts) == {"train"}
    assert set(describe_npz(path, Fractions(test=0.999)).labels) == {"test"}


def test_names_of_bytes_are_text(tmp_path: Path) -> None:
    names = np.array(["ant", "bee", "Hummel \N{BUG}"])
    path = save(
        tmp_path,
        images=IMAGES,
        labels=LABELS,
        class_names=np.char.encode(names, "utf-8"),
    )
    assert read_npz(path, Fractions()).class_names == tuple(names)


def test_other_values_of_the_same_size_are_another_file(tmp_path: Path) -> None:
    def mark(labels: "np.ndarray") -> str:
        path = save(tmp_path, images=IMAGES, labels=labels)
        return read_npz(path, Fractions()).fingerprint

    assert mark(LABELS) == mark(LABELS) != mark(2 - LABELS)


def test_a_member_that_is_no_array_is_passed_over(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("images", b"x")
    with pytest.raises(DataError, match="no arrays named images and labels"):
        read_npz(str(tmp_path / "x.npz"), Fractions())


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": IMAGES}, "has no arrays named images and labels, or train_images"),
        (
            {"images": IMAGES},
            "labels must be 100 whole numbers, one for each",
        ),
        ({"images": IMAGES, "labels": LABELS[:9]}, "must be 100 whole numbers"),
        ({"images": IMAGES, "labels": LABELS * 0.5}, "not float64 of 100"),
        ({"images": IMAGES / 255, "labels": LABELS}, "must be uint8"),
        (
            {"images": IMAGES, "labels": LABELS - 1},
            "train image 0 is -1, and must",
        ),
        (
            {"images": IMAGES, "labels": LABELS, "class_names": np.array(["a", "b"])},
            "the label of train image 2 is 2, and must be 0 to 1",
        ),
        (
            {"images": IMAGES, "labels": np.full(100, 2**32 - 1, np.uint32)},
            "train image 0 is 4294967295, and must be 0 to 65535",
        ),
        ({"images": IMAGES, "labels": LABELS * 0}, "has one class only"),
        (
            {"images": np.zeros((3, 4, 5, 7), np.uint8), "labels": LABELS[:3]},
            "must have 1 or 3 channels, not 3×4×5×7",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, arrays: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        read_npz(save(tmp_path, **arrays), Fractions())


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x03\x04broken"])
def test_what_is_no_npz_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz is no readable npz file: "):
        read_npz(str(path), Fractions())


def test_objects_in_it_are_never_unpickled(tmp_path: Path) -> None:
    path = save(tmp_path, images=np.array([print], object), labels=LABELS[:1])
    with pytest.raises(DataError, match="is no readable npz file: Object arrays"):
        read_npz(path, Fractions())


def test_it_is_described_without_its_images(tmp_path: Path) -> None:
    path = save(tmp_path, images=IMAGES, labels=LABELS)
    fractions = Fractions(test=0.3, validation=0.2)
    with ZipFile(path) as content:
        start = content.getinfo("images.npy").header_offset
    facts = describe_npz(path, fractions)
    file = read_npz(path, fractions)
    with open(path, "r+b") as damaged:  # its checksum is that of all that is read
        damaged.seek(start + 3000)
        damaged.write(b"????")
    assert describe_npz(path, fractions).class_names == facts.class_names
    with pytest.raises(DataError, match=r"x\.npz is no readable npz file: Bad CRC"):
        read_npz(path, fractions)
    assert facts.image_shape == file.parts["train"].images.shape[1:]
    assert {part: labels.tolist() for part, labels in facts.labels.items()} == {
        part: found.labels.tolist() for part, found in file.parts.items()
    }


def test_an_array_that_says_to_be_larger_than_it_is_takes_no_memory(
    tmp_path: Path,
) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 999, 999)}"
    text = f"{header:<117}\n".encode()
    member = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    with ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("images.npy", member)
    with pytest.raises(DataError, match=r"is no readable npz file: images is cut sho"):
        read_npz(str(tmp_path / "x.npz"), Fractions())
