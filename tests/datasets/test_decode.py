"""Every picture that Pillow reads becomes uint8 C×H×W."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_tui.datasets import decode as decode_module
from cnn_tui.datasets.decode import NotAPictureError, decode
from cnn_tui.datasets.form import Form

RGB = Form(image_size=8, mode="rgb", resize="crop")
GREY = Form(image_size=8, mode="grey", resize="crop")
RED = (200, 40, 20)


def red(mode: str = "RGB", size: tuple[int, int] = (8, 8)) -> Image.Image:
    """Returns a picture of one colour."""
    return Image.new("RGB", size, RED).convert(mode)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    red(size=(16, 12)).save(path, quality=95)
    found = decode(str(path), RGB)
    assert found.shape == (3, 8, 8)
    assert found.dtype == np.uint8
    assert np.abs(found.mean((1, 2)) - RED).max() < 8


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK", "RGBA", "YCbCr"])
def test_modes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x.tif"
    red(mode).save(path)
    assert np.abs(decode(str(path), RGB).mean((1, 2)) - RED).max() < 30
    assert decode(str(path), GREY).shape == (1, 8, 8)


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    values = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    Image.fromarray(values).save(path)
    assert np.array_equal(decode(str(path), GREY)[0], values // 257)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(path)
    assert (decode(str(path), RGB) == 255).all()


def test_a_picture_is_turned_upright(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    picture = Image.new("L", (16, 16), 0)
    picture.paste(255, (0, 0, 16, 8))  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right to be seen
    picture.save(path, exif=exif, quality=95)
    found = decode(str(path), GREY)[0]
    assert found[:, 4:].mean() > 240
    assert found[:, :4].mean() < 15


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.gif"
    frames = [Image.new("L", (8, 8), value) for value in (250, 0)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert (decode(str(path), GREY) == 250).all()


def test_crop_keeps_the_middle_and_pad_keeps_all(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    picture = Image.new("L", (24, 8), 0)
    picture.paste(100, (8, 0, 16, 8))
    picture.save(path)
    assert (decode(str(path), GREY) == 100).all()
    padded = decode(str(path), Form(image_size=24, mode="grey", resize="pad"))[0]
    assert (padded[8:16, 8:16] == 100).all()
    assert (padded[:8] == 255).all()


def truncated(path: Path) -> None:
    """Half a picture."""
    Image.effect_noise((64, 64), 90).save(path)
    path.write_bytes(path.read_bytes()[:900])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("not at all"), "is no picture"),
        (truncated, "is broken: "),
        (lambda path: path.symlink_to("/etc/hostname"), "is no picture"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read: not a regular"),
        (lambda path: path.mkdir(), "cannot be read: not a regular file"),
        (lambda path: None, "cannot be read: No such file"),
    ],
)
def test_what_is_no_picture_says_why(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "x.png"
    make(path)
    with pytest.raises(NotAPictureError) as caught:
        decode(str(path), RGB)
    assert said in str(caught.value)


def test_an_enormous_picture_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.png"
    red(size=(100, 100)).save(path)
    monkeypatch.setattr(decode_module, "MAX_PIXELS", 9_999)
    with pytest.raises(NotAPictureError, match="is enormous: 100×100 pixels"):
        decode(str(path), RGB)
