"""The form of a draft that trains on a folder, from its preset or typed."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_tui.presets.files import PresetFile, find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.ui.data_source import look_at
from cnn_tui.ui.draft import Draft
from cnn_tui.ui.form_fields import OF_SOURCES, SOURCE

PRESET = """
dataset: {{folder: {folder}, image_size: 8}}
model: {{layers: [flatten, {{linear: {{out_features: classes}}}}]}}
training: {{iterations: 5, batch_size: 4}}
"""
LOGISTIC = read_preset(find_preset("logistic"))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A folder of 40 pictures of two classes."""
    for n in range(40):
        path = tmp_path / "pets" / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(path)
    return tmp_path / "pets"


def typed(text: str, **others: str) -> Draft:
    """Returns a draft with a source that was typed and looked at, and other edits."""
    draft = Draft(preset=LOGISTIC).edited(SOURCE, text)
    draft = dataclasses.replace(draft, looked_at=look_at(text))
    for key, value in {"batch_size": "4", **others}.items():
        part = "training" if key == "batch_size" else "dataset"
        draft = draft.edited(f"{part}.{key}", value)
    return draft


def test_the_folder_of_a_preset_is_shown_and_its_table_is_that_of_the_pictures(
    tmp_path: Path, pets: Path
) -> None:
    preset = tmp_path / "mine.yaml"
    preset.write_text(PRESET.format(folder=pets))
    file: PresetFile = find_preset(str(preset))
    draft = Draft(preset=read_preset(file))
    view = draft.view()
    assert view.fields[SOURCE].text == str(pets)
    assert view.fields["dataset.image_size"].text == "8"
    assert view.outline.table.input_shape == (3, 8, 8)
    assert view.config is not None
    assert view.config.dataset.folder == str(pets)

    named = draft.edited(SOURCE, "mnist")
    assert named.config().dataset.name == "mnist"
    assert named.config().dataset.folder is None
    assert not OF_SOURCES.keys() & named.view().fields.keys()


def test_a_typed_path_counts_once_it_was_looked_at(pets: Path) -> None:
    draft = Draft(preset=LOGISTIC).edited(SOURCE, str(pets))
    assert draft.to_look_at == str(pets)
    assert draft.view().config is None
    assert draft.view().outline.table.input_shape == (1, 28, 28)
    draft = typed(str(pets), image_size="12", mode="grey", test_fraction="0.5")
    assert draft.to_look_at == ""
    dataset = draft.config().dataset
    assert (dataset.folder, dataset.image_size, dataset.mode) == (
        str(pets),
        12,
        "grey",
    )
    assert dataset.test_fraction == 0.5
    assert draft.view().outline.table.input_shape == (1, 12, 12)
    assert draft.edited(SOURCE, f"{pets}x").to_look_at == f"{pets}x"


def test_a_path_may_begin_at_home_or_here(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(pets.parent))
    monkeypatch.chdir(pets.parent)
    for text in ("~/pets", "pets", "./pets/"):
        assert typed(text).config().dataset.folder == str(pets)


def test_a_file_of_arrays_has_fractions_and_no_size(tmp_path: Path) -> None:
    images = np.zeros((40, 6, 6), np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=np.arange(40) % 2)
    fields = typed(str(tmp_path / "x.npz")).view().fields
    assert "dataset.test_fraction" in fields
    assert "dataset.image_size" not in fields


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mnits", "is no data set (mnist, "),
        ("{tmp}/gone", "gone cannot be read: No such file"),
        ("{tmp}", "has only the class a"),
        ("{tmp}/x.npz", "x.npz is no readable npz file"),
        ("/a\0b", "must be a path"),
    ],
)
def test_what_is_no_source_is_the_sentence_of_the_loader(
    tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").touch()
    draft = typed(text.format(tmp=tmp_path))
    view = draft.view()
    assert sentence in view.fields[SOURCE].error
    assert view.config is None


def test_nobody_waits_for_a_walk_that_is_given_up(tmp_path: Path) -> None:
    for n in range(1200):
        path = tmp_path / "ab"[n % 2] / str(n)
        path.parent.mkdir(exist_ok=True)
        path.touch()

    def stop(sentence: str) -> None:
        raise LookupError(sentence)

    with pytest.raises(LookupError, match="500"):
        look_at(str(tmp_path), stop)
