"""Which pictures a folder has, of which classes, and in which parts."""

import os
from pathlib import Path

import pytest

from cnn_tui.datasets.form import Form, Fractions
from cnn_tui.datasets.listing import list_files, list_pictures, part_of
from cnn_tui.datasets.own import folder_facts, look_into
from cnn_tui.errors import DataError

HALF = Fractions(test=0.5, validation=0.1, seed=3)


def write(folder: Path, *paths: str) -> str:
    """Makes files without content; returns the folder."""
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return str(folder)


def parts(folder: str, fractions: Fractions = HALF) -> dict[str, str]:
    """Returns the part of each picture by its path."""
    pictures = list_pictures(folder, fractions).pictures
    return {picture.path: picture.part for picture in pictures}


def test_classes_are_folders_in_their_order(tmp_path: Path) -> None:
    folder = write(tmp_path, "dog/b.png", "cat/a.png", "cat/deep/c.png", "readme.txt")
    found = list_pictures(folder, HALF)
    assert found.class_names == ("cat", "dog")
    assert sorted((p.path, p.label) for p in found.pictures) == [
        ("cat/a.png", 0),
        ("cat/deep/c.png", 0),
        ("dog/b.png", 1),
    ]


def test_more_pictures_move_no_other_one(tmp_path: Path) -> None:
    folder = write(tmp_path, *(f"{name}/{n}.png" for name in "ab" for n in range(200)))
    before = parts(folder)
    write(tmp_path, *(f"a/new-{n}.png" for n in range(50)), "c/0.png")
    after = parts(folder)
    assert {path: after[path] for path in before} == before
    share = list(before.values()).count("test") / len(before)
    assert 0.4 < share < 0.6
    assert "validation" in before.values()
    assert parts(folder, Fractions(test=0.5, validation=0.1, seed=4)) != after


def test_a_part_is_a_function_of_seed_and_path() -> None:
    """These are on record: another version must not move them."""
    found = " ".join(part_of(f"a/{n}.png", HALF)[:2] for n in range(12))
    assert found == "tr te tr te te te te te te te tr te"


@pytest.mark.parametrize("validation", ["val", "valid", "Validation"])
def test_folders_that_say_the_parts_are_respected(
    tmp_path: Path, validation: str
) -> None:
    folder = write(
        tmp_path, "train/a/1.png", "train/b/2.png", f"{validation}/a/3.png", "test/b/4"
    )
    assert parts(folder) == {
        "train/a/1.png": "train",
        "train/b/2.png": "train",
        f"{validation}/a/3.png": "validation",
        "test/b/4": "test",
    }
    assert list_pictures(folder, HALF).class_names == ("a", "b")


def test_without_a_folder_of_tests_they_are_chosen(tmp_path: Path) -> None:
    paths = [f"train/{name}/{n}.png" for name in "ab" for n in range(40)]
    folder = write(tmp_path, *paths, "val/a/x.png")
    found = parts(folder, Fractions(test=0.5))
    assert found["val/a/x.png"] == "validation"
    assert {found[path] for path in paths} == {"train", "test"}


def test_a_class_may_have_any_name(tmp_path: Path) -> None:
    strange = [b"\xff\x1b[31m", "zwei Wörter".encode(), b"line\nbreak"]
    for name in strange:
        folder = os.path.join(os.fsencode(tmp_path), name)
        os.mkdir(folder)
        with open(os.path.join(folder, b"1.png"), "wb"):
            pass
    names = list_pictures(str(tmp_path), HALF).class_names
    assert "zwei Wörter" in names
    assert all(name.encode() for name in names)  # it can be written


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ((), "has no pictures in folders"),
        (("a.png",), "has no pictures in folders"),
        (("a/1.png", "a/2.png"), "has only the class a"),
    ],
)
def test_what_is_no_set_is_one_sentence(
    tmp_path: Path, paths: tuple[str, ...], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        list_pictures(write(tmp_path, *paths), HALF)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone cannot be read: No such file"):
        list_pictures(str(tmp_path / "gone"), HALF)


@pytest.mark.parametrize("top", ["", "train/"])
def test_facts_count_as_the_listing_parts(tmp_path: Path, top: str) -> None:
    paths = [f"{top}{name}/{n}.png" for name in "ab" for n in range(60)]
    folder = write(tmp_path, *paths)
    form = Form(image_size=8, mode="grey", resize="crop")
    for fractions in (HALF, Fractions(test=0.25), Fractions(test=0.2, seed=9)):
        facts = folder_facts(folder, fractions, form)
        found = list(parts(folder, fractions).values())
        assert facts.train_images == found.count("train")
        assert facts.validation_images == found.count("validation")
        assert facts.test_images == found.count("test")


def test_a_folder_is_walked_once_until_somebody_looks_again(tmp_path: Path) -> None:
    folder = write(tmp_path, "a/1.png", "b/1.png")
    form = Form(image_size=8, mode="grey", resize="crop")
    assert len(folder_facts(folder, HALF, form).class_names) == 2
    write(tmp_path, "c/1.png")
    for fractions in (HALF, Fractions(test=0.1, seed=9)):
        assert len(folder_facts(folder, fractions, form).class_names) == 2
    look_into(folder)
    assert folder_facts(folder, HALF, form).class_names == ("a", "b", "c")


def test_whoever_is_told_of_files_may_end_the_walk(tmp_path: Path) -> None:
    folder = write(tmp_path, *(f"{name}/{n}" for name in "ab" for n in range(600)))

    def stop(sentence: str) -> None:
        raise LookupError(sentence)

    with pytest.raises(LookupError, match="500"):
        list_files(folder, stop)
