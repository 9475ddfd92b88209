"""The data pane of the new-run screen, and the field that says where images are."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from cnn_tui.datasets import decode as decoding
from cnn_tui.datasets import listing
from cnn_tui.datasets import pictures as datasets_pictures
from cnn_tui.datasets.form import Form
from cnn_tui.datasets.telling import nobody
from cnn_tui.engine.batch_preview import BatchPreviews
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.ui.last_used import write_last_used
from cnn_tui.ui.widgets.class_pictures import ClassPictures
from cnn_tui.ui.widgets.source_field import SourceSuggester
from tests.ui.new_run_host import PATIENCE_SECONDS, Host, enter, new_run, select, until

SIZES = [(160, 45), (80, 24)]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test a memory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A folder of noise of two classes, and a file that is no picture."""
    from PIL import Image

    random = np.random.default_rng(0)
    for n in range(300):
        path = tmp_path / "pets" / ("cat", "dog")[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = random.integers(0, 256, (12, 16, 3), np.uint8)
        Image.fromarray(noise).save(path)
    (tmp_path / "pets" / "cat" / "note.txt").write_text("no picture")
    return tmp_path / "pets"


def facts(app: Host) -> str:
    """Returns what the pane says above the pictures."""
    return str(app.new_run.query_one("DataPane > .facts", Static).content)


def pictures(app: Host) -> "np.ndarray":
    """Returns the pictures that are shown."""
    preview = app.new_run.query_one(ClassPictures)._preview
    assert preview is not None
    return preview.pictures


async def settled(app: Host, pilot: Pilot[None], *texts: str) -> None:
    """Waits until the pane says these texts."""
    await until(pilot, lambda: all(text in facts(app) for text in texts))


@pytest.mark.parametrize("size", SIZES)
async def test_it_shows_what_is_in_the_set_and_the_batch_of_an_update(
    size: tuple[int, int],
) -> None:
    async with new_run(size) as (app, pilot):
        assert facts(app) == ""
        await pilot.press("4")
        await settled(app, pilot, "100 images of update 1 ·")
        assert "1×28×28 · 10 classes · train 60,000 · test 10,000" in facts(app)
        assert "mean 0.1307 · std 0.3081" in facts(app)
        assert "train        5,923" in app.text and "test           980" in app.text
        assert "no augmentation is set" in facts(app)
        await pilot.press("full_stop", "full_stop", "comma")
        await settled(app, pilot, "images of update 2 ")


async def test_the_pictures_are_those_of_training_and_follow_the_form() -> None:
    config = read_preset(find_preset("model-a")).config
    looks = BatchPreviews(None)

    def expected(step: int, *, augmented: bool, seed: int) -> "np.ndarray":
        training = config.training.model_copy(update={"seed": seed})
        augmentation = config.dataset.augmentation.model_copy(update={"cutout": 9})
        dataset = config.dataset.model_copy(update={"augmentation": augmentation})
        changed = config.model_copy(update={"training": training, "dataset": dataset})
        return looks.look(changed, step, augmented=augmented, tell=nobody).pictures

    async with new_run() as (app, pilot):
        await select(app, pilot, "model-a")
        await pilot.press("4")
        await enter(app, pilot, "cutout", "9")
        await settled(app, pilot, "update 1 · augmented")
        one = expected(1, augmented=True, seed=0)
        assert np.array_equal(pictures(app), one)
        await pilot.press("escape", "4", "a")
        await settled(app, pilot, "without the augmentation")
        assert np.array_equal(pictures(app), expected(1, augmented=False, seed=0))
        assert not np.array_equal(pictures(app), one)
        await pilot.press("a", "full_stop")
        await enter(app, pilot, "seed", "7")
        wanted = expected(2, augmented=True, seed=7)
        await settled(app, pilot, "update 2 · augmented")
        await until(pilot, lambda: np.array_equal(pictures(app), wanted))


async def test_pictures_are_drawn_larger_up_to_every_pixel() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("4")
        await settled(app, pilot, "1 dot = 2×2 pixels")
        await pilot.press("plus", "plus")
        assert "1 dot" not in facts(app)
        await pilot.press("minus", "minus")
        assert "1 dot = 3×3 pixels" in facts(app)


async def test_what_cannot_be_shown_is_a_sentence_and_nothing_is_drawn() -> None:
    async with new_run() as (app, pilot):
        await pilot.press("4")
        await settled(app, pilot, "update 1")
        await enter(app, pilot, "dataset.name", "fashion-mnist")
        await settled(app, pilot, "✗ Fashion-MNIST is not in", "downloads it")
        assert app.new_run.query_one(ClassPictures)._preview is None
        await enter(app, pilot, "batch_size", "0")
        await settled(app, pilot, "until the settings are corrected")


@pytest.mark.parametrize("size", SIZES)
async def test_a_folder_is_typed_looked_at_and_shown(
    size: tuple[int, int], pets: Path
) -> None:
    async with new_run(size) as (app, pilot):
        await pilot.press("3")
        await enter(app, pilot, "batch_size", "8")
        await enter(app, pilot, "dataset.name", "~/pets")
        assert "dataset.image_size" not in app.visible_keys
        await pilot.press("enter")
        await until(pilot, lambda: "dataset.image_size" in app.visible_keys)
        await enter(app, pilot, "image_size", "10")
        await pilot.press("escape", "4")
        await settled(
            app, pilot, "3×10×10 · 2 classes · train ", "8 images of update 1"
        )
        assert "left out: cat/note.txt" in facts(app)
        assert pictures(app).shape == (8, 10, 10, 3)
        assert "cat" in app.text and "dog" in app.text
        await pilot.press("ctrl+s")
        dataset = app.started[0].config.dataset
        assert (dataset.folder, dataset.image_size) == (str(pets), 10)


async def test_that_there_is_more_to_know_is_seen_in_little_room_too(
    pets: Path,
) -> None:
    for n in range(9):
        (pets / "dog" / f"a long name of what is no picture {n}.txt").write_text("x")
    async with new_run((80, 24)) as (app, pilot):
        await pilot.press("3")
        await enter(app, pilot, "dataset.name", str(pets))
        await pilot.press("enter", "escape", "4")
        await settled(app, pilot, "note.txt is no picture")
        assert "cnn-tui data says more than this" in app.text


async def test_a_half_typed_path_is_never_looked_at(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[str] = []
    all_files = listing._all_files

    def remember(folder: str) -> object:
        walked.append(folder)
        return all_files(folder)

    monkeypatch.setattr(listing, "_all_files", remember)
    async with new_run() as (app, pilot):
        await enter(app, pilot, "dataset.name", str(pets))
        await pilot.pause()
        assert walked == []
        app.app_focus = False  # another window; the field loses the focus, too
        await pilot.pause()
        app.app_focus = True
        await pilot.pause()
        assert walked == []
        await pilot.press("ctrl+s")
        assert app.started == []
        await until(pilot, lambda: "dataset.image_size" in app.visible_keys)
        assert walked == [str(pets)]


async def test_a_bad_path_is_one_sentence_at_the_field() -> None:
    async with new_run() as (app, pilot):
        await enter(app, pilot, "dataset.name", "/nowhere/pets")
        await pilot.press("enter")
        await until(pilot, lambda: app.note("dataset.name").startswith("✗"))
        assert "/nowhere/pets cannot be read: No such file" in app.note("dataset.name")
        await pilot.press("ctrl+s")
        assert app.started == [] and "cannot be read" in app.sentence


async def test_escape_ends_a_look_which_enter_takes_again(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, all_files = threading.Event(), listing._all_files

    def held(folder: str) -> Iterator[listing.File]:
        for file in all_files(folder):
            assert go_on.wait(PATIENCE_SECONDS)
            yield file

    monkeypatch.setattr(listing, "_TELL_EVERY", 1)
    monkeypatch.setattr(listing, "_all_files", held)
    async with new_run() as (app, pilot):
        await enter(app, pilot, "dataset.name", str(pets))
        await pilot.press("enter")
        await until(pilot, lambda: app.note("dataset.name") == "looking…")
        await pilot.press("escape")
        assert app.note("dataset.name") == "interrupted: enter looks there"
        go_on.set()
        await app.workers.wait_for_complete()
        assert "dataset.image_size" not in app.visible_keys
        app.field("dataset.name").focus_editor()
        await pilot.press("enter")
        await until(pilot, lambda: "dataset.image_size" in app.visible_keys)


async def test_escape_ends_a_loading_which_the_key_of_the_pane_begins_again(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, decode = threading.Event(), decoding.decode

    def held(path: str, form: Form) -> "np.ndarray":
        assert go_on.wait(PATIENCE_SECONDS)
        return decode(path, form)

    monkeypatch.setattr(datasets_pictures, "decode", held)
    async with new_run() as (app, pilot):
        await enter(app, pilot, "batch_size", "8")
        await enter(app, pilot, "dataset.name", str(pets))
        await pilot.press("enter")
        await until(pilot, lambda: "dataset.image_size" in app.visible_keys)
        await pilot.press("escape", "4")
        await settled(app, pilot, "decoding pictures: 0 of 301 · esc ends")
        await pilot.press("escape")
        assert facts(app) == "Interrupted: 4 loads the pictures."
        go_on.set()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert facts(app) == "Interrupted: 4 loads the pictures."
        await pilot.press("4")
        await settled(app, pilot, "8 images of update 1")


async def test_a_path_is_remembered_from_the_last_start(pets: Path) -> None:
    edits = {"dataset.name": "~/pets", "training.batch_size": "8"}
    write_last_used("model-a", edits)
    async with new_run() as (app, pilot):
        await until(pilot, lambda: "dataset.image_size" in app.visible_keys)
        await pilot.press("ctrl+s", "enter")
        assert app.started[0].config.dataset.folder == str(pets)


async def test_names_and_paths_are_completed(pets: Path) -> None:
    suggester = SourceSuggester()
    (pets.parent / "petsx.npz").touch()
    (pets.parent / "other.txt").touch()
    assert await suggester.get_suggestion("fash") == "fashion-mnist"
    assert await suggester.get_suggestion("~/pe") == "~/pets/"
    assert await suggester.get_suggestion("~/petsx") == "~/petsx.npz"
    assert await suggester.get_suggestion(f"{pets}/d") == f"{pets}/dog/"
    for text in ("", "~/o", "/nowhere/x", "/a\0"):
        assert await suggester.get_suggestion(text) is None
    async with new_run() as (app, pilot):
        await enter(app, pilot, "dataset.name", "~/pe")
        editor = app.field("dataset.name").query_one(Input)
        await until(pilot, lambda: editor._suggestion)
        await pilot.press("right")
        assert editor.value == "~/pets/"
