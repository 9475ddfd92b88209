"""Augmentation does what it says, and is the same each time."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from cnn_tui.config.dataset import Augmentation
from cnn_tui.engine.augment import Augmenter, Batch
from cnn_tui.engine.data import Splits
from cnn_tui.engine.diagnose import find_non_finite
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import ConfigError
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import RANDOM, losses, make_config, make_trainer, same
from tests.engine.running import rows, run, without_clock

ALL: dict[str, Any] = {
    "crop_padding": 3,
    "horizontal_flip": True,
    "rotate": 20.0,
    "scale": 0.2,
    "brightness": 0.2,
    "contrast": 0.3,
    "cutout": 6,
    "mixup": 0.5,
}
NUMBER = 64


class Copies(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what is copied between devices, and what makes the host wait."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.number = 0
        self.waiting: list[str] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        name, keywords = str(function).split(".")[1], keywords or {}
        if name == "_to_copy" and keywords.get("device"):
            self.number += 1
            if not keywords.get("non_blocking"):
                self.waiting.append(name)
        elif name in ("_local_scalar_dense", "nonzero", "is_nonzero", "equal"):
            self.waiting.append(name)
        return function(*arguments, **keywords)


def images(channels: int = 3) -> Tensor:
    """Returns pictures of 8×6 whose values all differ, above that of black."""
    size = channels * 8 * 6
    values = torch.arange(1, NUMBER * size + 1, dtype=torch.float32) / (NUMBER * size)
    return values.view(NUMBER, channels, 8, 6)


def changed(inputs: Tensor, step: int = 1, seed: int = 0, **wanted: Any) -> Batch:
    """Changes a batch whose black is 0, and whose labels are its indices."""
    augment = Augmenter(
        config=Augmentation(**wanted), seed=seed, black=torch.zeros(inputs.shape[1])
    )
    labels = torch.arange(len(inputs), device=inputs.device)
    return augment(Batch(inputs=inputs, labels=labels), step)


def augmented(inputs: Tensor, **arguments: Any) -> Tensor:
    """Returns the inputs of a changed batch."""
    return changed(inputs, **arguments).inputs


@pytest.mark.parametrize("wanted", [{k: v} for k, v in ALL.items()], ids=str)
def test_it_is_a_function_of_seed_and_step(wanted: dict[str, Any]) -> None:
    inputs, state = images(), torch.get_rng_state()
    before = inputs.clone()
    first = augmented(inputs, **wanted)
    assert torch.equal(first, augmented(inputs, **wanted))
    assert not torch.equal(first, augmented(inputs, step=2, **wanted))
    assert not torch.equal(first, augmented(inputs, seed=1, **wanted))
    assert torch.equal(inputs, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert first.shape == inputs.shape


def test_a_flip_is_the_mirrored_picture() -> None:
    inputs = images()
    found = augmented(inputs, horizontal_flip=True)
    mirrored = [
        bool(torch.equal(a, b.flip(2))) for a, b in zip(found, inputs, strict=True)
    ]
    as_before = [bool(torch.equal(a, b)) for a, b in zip(found, inputs, strict=True)]
    assert all(a != b for a, b in zip(mirrored, as_before, strict=True))
    assert NUMBER / 4 < sum(mirrored) < NUMBER * 3 / 4


def test_a_crop_is_one_of_the_shifts_on_black() -> None:
    inputs, padding = images(), 2
    padded = torch.nn.functional.pad(inputs, (padding,) * 4)
    shifts = [(y, x) for y in range(5) for x in range(5)]
    seen = set()
    for number, picture in enumerate(augmented(inputs, crop_padding=padding)):
        [shift] = [
            (y, x)
            for y, x in shifts
            if torch.equal(picture, padded[number, :, y : y + 8, x : x + 6])
        ]
        seen.add(shift)
    assert len(seen) > 15


def test_a_cutout_blackens_a_square_and_nothing_else() -> None:
    inputs = images()
    black = augmented(inputs, cutout=3) == 0
    assert torch.equal(augmented(inputs, cutout=3)[~black], inputs[~black])
    counts = black[:, 0].sum((1, 2))
    assert counts.max() == 9
    assert counts.min() >= 4  # at a corner a square of 2 is left
    assert torch.equal(black[:, 0], black[:, 2])


def test_a_turn_by_nothing_is_nothing() -> None:
    inputs = images()
    found = augmented(inputs, rotate=1e-6)
    assert torch.allclose(found, inputs, atol=1e-4)
    assert not torch.allclose(augmented(inputs, rotate=90.0), inputs, atol=1e-2)


def test_a_turn_keeps_the_middle_in_its_place() -> None:
    picture = torch.zeros(1, 1, 9, 9)
    picture[0, 0, 4, 4] = 1
    found = augmented(picture, rotate=45.0, scale=0.3)
    assert found.argmax() == 4 * 9 + 4


def test_a_turn_keeps_distances_also_where_an_image_is_no_square() -> None:
    inputs = torch.zeros(NUMBER, 1, 15, 31)
    inputs[:, :, 6:9, 18:21] = 1  # a spot, 4 pixels right of the middle
    found = augmented(inputs, rotate=180.0)[:, 0]
    sums = found.sum((1, 2))
    y = (found.sum(2) * (torch.arange(15) - 7)).sum(1) / sums
    x = (found.sum(1) * (torch.arange(31) - 15)).sum(1) / sums
    assert torch.allclose(torch.hypot(x, y), torch.tensor(4.0), atol=0.1)
    assert torch.allclose(sums, torch.tensor(9.0), atol=0.5)
    assert y.amax() > 3
    assert x.amin() < -3


def test_brightness_and_contrast_are_fractions_of_an_image() -> None:
    inputs = images(channels=1)
    size = inputs.amax((1, 2, 3)) - inputs.amin((1, 2, 3))
    added = (augmented(inputs, brightness=0.2) - inputs).flatten(1)
    assert torch.allclose(added.amax(1), added.amin(1), atol=1e-6)
    assert (added[:, 0].abs() <= 0.2 * size + 1e-6).all()
    stretched = augmented(inputs, contrast=0.5)
    assert torch.allclose(stretched.mean((1, 2, 3)), inputs.mean((1, 2, 3)), atol=1e-5)
    factors = (stretched.amax((1, 2, 3)) - stretched.amin((1, 2, 3))) / size
    assert factors.min() < 0.8
    assert factors.max() > 1.2


def test_mixup_mixes_two_pictures_of_the_batch() -> None:
    inputs, shares = images(), set()
    for step in range(1, 20):
        batch = changed(inputs, step=step, mixup=0.5)
        assert batch.labels.tolist() == list(range(NUMBER))
        assert batch.other_labels is not None
        assert sorted(batch.other_labels.tolist()) == list(range(NUMBER))
        others = inputs[batch.other_labels]
        expected = batch.share * inputs + (1 - batch.share) * others
        assert torch.allclose(batch.inputs, expected, atol=1e-6)
        shares.add(batch.share)
    assert len(shares) == 19
    assert 0.5 <= min(shares) < 0.8
    assert 0.95 < max(shares) <= 1


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "bce"])
def test_the_loss_of_a_mixed_batch_is_that_of_both_labels(
    loss: str, splits: Splits
) -> None:
    config = make_config(dataset={"augmentation": {"mixup": 1.0}}, loss=loss)
    trainer = make_trainer(config, splits)
    batch = trainer.batch(1)
    assert batch.other_labels is not None
    assert 0.5 <= batch.share < 1
    with torch.no_grad():
        outputs = trainer.network.outputs(batch.inputs)
        first = trainer.loss_function(outputs, batch.labels)
        second = trainer.loss_function(outputs, batch.other_labels)
    assert first != second
    assert trainer.update()
    [row] = trainer.read_out()
    expected = batch.share * first + (1 - batch.share) * second
    assert row.loss == pytest.approx(expected.item(), rel=1e-6)
    right = outputs.argmax(1) == batch.labels
    assert row.accuracy == pytest.approx(right.double().mean().item())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("wanted", [ALL, *({k: v} for k, v in ALL.items())], ids=str)
def test_the_memory_format_stays(
    wanted: dict[str, Any], layout: torch.memory_format, channels: int
) -> None:
    pictures = (images(channels) * 255).to(torch.uint8)
    inputs = pictures.to(torch.float32, memory_format=layout)
    assert augmented(inputs, **wanted).stride() == inputs.stride()


def test_nothing_waits_for_a_gpu() -> None:
    """Numbers go to the device without a wait, and none comes back."""
    cuda = torch.device("cuda:0")
    with FakeTensorMode(), Copies() as copies:
        inputs = torch.empty(NUMBER, 3, 8, 6, device=cuda)
        augment = Augmenter(
            config=Augmentation(**ALL), seed=0, black=torch.zeros(3, device=cuda)
        )
        labels = torch.zeros(NUMBER, dtype=torch.int64, device=cuda)
        batch = augment(Batch(inputs=inputs, labels=labels), 1)
        assert batch.inputs.device == cuda
    assert copies.waiting == []
    assert copies.number > 0


def test_black_is_black_also_where_images_are_scaled(splits: Splits) -> None:
    trainer = make_trainer(
        make_config(dataset={"augmentation": {"cutout": 28}, "normalize": "mean_std"}),
        splits,
    )
    black = trainer.network.inputs(torch.zeros(1, 1, 28, 28, dtype=torch.uint8))
    assert (trainer.batch(1).inputs == black[0, 0, 0, 0]).float().mean() > 0.5


def test_a_run_without_it_is_as_it_was(splits: Splits) -> None:
    plain = losses(make_trainer(make_config(), splits), 10)
    off = make_config(dataset={"augmentation": {"cutout": 0}})
    assert losses(make_trainer(off, splits), 10) == plain
    on = make_config(dataset={"augmentation": ALL})
    assert losses(make_trainer(on, splits), 10) != plain


def test_a_run_goes_on_with_it_bit_for_bit(tmp_path: Path) -> None:
    values: dict[str, Any] = {"dataset": {"augmentation": ALL}, "evaluate_every": 10}
    whole, _ = run(make_config(RANDOM, iterations=40, **values), tmp_path)
    half, _ = run(make_config(RANDOM, iterations=17, **values), tmp_path)
    resume_run(RunWriter.open(half), Interrupts(), changes=Changes(iterations=40))
    found = [[without_clock(row) for row in rows(path)] for path in (whole, half)]
    assert same(found[0], found[1])
    verdict = verify_run(half, from_step=0, steps=40, data_dir=None)
    assert verdict.difference is None


def test_a_diagnosis_sees_what_the_update_sees(splits: Splits) -> None:
    config = make_config(dataset={"augmentation": ALL})
    trainer, seen = make_trainer(config, splits), list[Tensor]()
    trainer.model.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    find_non_finite(trainer, config)
    trainer.update()
    assert torch.equal(*seen)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"cutout": 29}, r"augmentation\.cutout: must be at most 28, the side of"),
        ({"crop_padding": 29}, r"augmentation\.crop_padding: must be at most 28"),
        ({"rotate": 181}, r"augmentation\.rotate: must be"),
        ({"scale": 1}, r"augmentation\.scale: must be"),
        ({"mixup": -0.1}, r"augmentation\.mixup: must be 0 \(off\), or from"),
        ({"mixup": 1e-320}, r"augmentation\.mixup: must be 0 \(off\), or from"),
        ({"turn": 1}, r"augmentation\.turn"),
    ],
)
def test_bad_values_are_named(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_config(dataset={"augmentation": wanted})
