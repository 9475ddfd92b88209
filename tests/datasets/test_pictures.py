"""Pictures are decoded in parallel, once, and again only where they changed."""

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_tui.datasets import pictures as pictures_module
from cnn_tui.datasets.decode import decode
from cnn_tui.datasets.form import Form, Fractions
from cnn_tui.datasets.listing import Listing, list_pictures
from cnn_tui.datasets.oddities import rare_classes
from cnn_tui.datasets.picture_cache import Decoded, path_of
from cnn_tui.datasets.pictures import decode_all, fingerprint
from cnn_tui.errors import DataError

FORM = Form(image_size=8, mode="grey", resize="crop")
NUMBER = 150


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of pictures, each of another brightness, and a broken one."""
    for n in range(NUMBER):
        path = tmp_path / "pets" / "ab"[n % 2] / f"{n:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), n).save(path)
    (tmp_path / "pets" / "a" / "broken.png").write_bytes(b"\x89PNG")
    return tmp_path / "pets"


@pytest.fixture
def decoded_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects the names of files that are decoded from now on."""
    paths: list[str] = []

    def noting(path: str, form: Form) -> "np.ndarray":
        paths.append(os.path.basename(path))
        return decode(path, form)

    monkeypatch.setattr(pictures_module, "decode", noting)
    return paths


def listing(folder: Path) -> Listing:
    """Lists it with a fifth of tests."""
    return list_pictures(str(folder), Fractions())


def brightness(found: Decoded) -> dict[str, int]:
    """Returns the value of each picture by its name."""
    values = found.images[:, 0, 0, 0].tolist()
    names = [os.path.basename(picture.path) for picture in found.pictures]
    return dict(zip(names, values, strict=True))


EXPECTED = {f"{n:03}.png": n for n in range(NUMBER)}


def test_all_are_decoded_and_the_bad_ones_named(folder: Path) -> None:
    told: list[str] = []
    found = decode_all(listing(folder), FORM, told.append)
    assert brightness(found) == EXPECTED
    assert [path for path, _ in found.bad] == ["a/broken.png"]
    assert told == [
        *(f"decoding pictures: {done} of {NUMBER + 1}" for done in (0, 64, 128)),
        "",
    ]


def test_only_what_changed_is_decoded_again(
    folder: Path, decoded_paths: list[str]
) -> None:
    decode_all(listing(folder), FORM)
    assert len(decoded_paths) == NUMBER + 1
    decoded_paths.clear()
    assert brightness(decode_all(listing(folder), FORM)) == EXPECTED
    assert decoded_paths == []
    Image.new("L", (9, 9), 250).save(folder / "a" / "000.png")
    Image.new("L", (8, 8), 251).save(folder / "b" / "new.png")
    (folder / "b" / "001.png").unlink()
    expected = EXPECTED | {"000.png": 250, "new.png": 251}
    del expected["001.png"]
    assert brightness(decode_all(listing(folder), FORM)) == expected
    assert sorted(decoded_paths) == ["000.png", "new.png"]


@pytest.mark.parametrize("touched", ["a/new.png", "b/001.png"])
def test_it_takes_no_more_memory_than_the_images(folder: Path, touched: str) -> None:
    form = Form(image_size=96, mode="rgb", resize="crop")
    image_bytes = NUMBER * 3 * 96 * 96
    for _ in range(2):  # decoded, then taken from the cache but for one
        tracemalloc.start()
        decode_all(listing(folder), form)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert image_bytes < peak_bytes < 1.5 * image_bytes
        Image.new("L", (9, 9), 250).save(folder / touched)


def test_what_is_odd_about_them_is_found_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = decode_all(listing(folder), FORM)
    monkeypatch.setattr(pictures_module, "leaked_pictures", None)  # not to be called
    again = decode_all(listing(folder), FORM)
    assert np.array_equal(again.images, found.images)
    assert replace(again, images=found.images) == found


def test_another_split_looks_for_them_anew(folder: Path) -> None:
    Image.new("L", (8, 8), 2).save(folder / "a" / "twin.png")
    leaks = [
        decode_all(list_pictures(str(folder), Fractions(seed=seed)), FORM).leaks
        for seed in range(9)
    ]
    assert any(leaks)
    assert not all(leaks)


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"\xff" * 99])
def test_a_damaged_cache_is_made_again(folder: Path, damage: bytes) -> None:
    found = listing(folder)
    decode_all(found, FORM)
    cache = path_of(found, FORM)
    cache.write_bytes(damage)
    assert brightness(decode_all(found, FORM)) == EXPECTED
    assert cache.stat().st_size > len(damage)


def test_another_form_has_another_cache(folder: Path) -> None:
    decode_all(listing(folder), FORM)
    found = decode_all(listing(folder), Form(image_size=4, mode="rgb", resize="pad"))
    assert found.images.shape == (NUMBER, 3, 4, 4)


def test_decoding_can_be_ended(folder: Path, decoded_paths: list[str]) -> None:
    def tell(sentence: str) -> None:
        if "64 of" in sentence:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_all(listing(folder), FORM, tell)
    assert len(decoded_paths) < NUMBER
    assert brightness(decode_all(listing(folder), FORM)) == EXPECTED
    assert len(decoded_paths) == NUMBER + 1, "it goes on where it was ended"
    assert len(set(decoded_paths)) == NUMBER + 1


def test_the_caches_that_were_used_last_are_kept(folder: Path) -> None:
    found = listing(folder)
    forms = [Form(image_size=8 + n, mode="grey", resize="pad") for n in range(9)]
    for form in (FORM, *forms[:7], FORM, *forms[7:]):
        decode_all(found, form)
    kept = path_of(found, FORM)
    assert kept.exists()
    assert len(list(kept.parent.glob("pictures-*"))) == 8
    assert not path_of(found, forms[0]).exists()


def test_without_any_picture_there_is_no_set(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_text("no")
    with pytest.raises(DataError, match=r"no picture that can be decoded: a/x\.png"):
        decode_all(listing(tmp_path), FORM)


@pytest.mark.parametrize(
    ("free_bytes", "remedy"),
    [
        (2**20, "1 MiB may be used: image_size 48 would fit"),
        (2**14, "0 MiB may be used: none would fit, only fewer pictures"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_size_that_does(
    folder: Path, free_bytes: int, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_module, "bytes_for_images", lambda: free_bytes)
    with pytest.raises(DataError) as caught:
        decode_all(listing(folder), Form(image_size=1024, mode="rgb", resize="crop"))
    assert str(caught.value) == (
        f"the 151 pictures of {folder} need 453 MiB at image_size 1024, and {remedy}"
    )


def test_a_fingerprint_tells_other_pictures(folder: Path) -> None:
    before = fingerprint(listing(folder).pictures)
    assert fingerprint(listing(folder).pictures) == before
    Image.new("L", (9, 9), 250).save(folder / "a" / "more.png")
    assert fingerprint(listing(folder).pictures) != before


def test_what_is_odd_is_named(tmp_path: Path) -> None:
    paths = ["train/a/1.png", "train/b/2.png", "test/a/same.png"]
    for number, path in enumerate(paths):
        (tmp_path / path).parent.mkdir(parents=True)
        Image.new("L", (8, 8), number % 2 * 99).save(tmp_path / path)
    found = listing(tmp_path)
    decoded = decode_all(found, FORM)
    assert [*rare_classes(decoded.pictures, found.class_names), *decoded.leaks] == [
        "a has only 1 picture in train",
        "b has only 1 picture in train",
        "b has no picture in test",
        "test/a/same.png in test is the same picture as train/a/1.png in train",
    ]
