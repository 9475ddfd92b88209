"""The order of the batches: by seed and epoch alone."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.engine.batches import Batches, Feed
from cnn_tui.engine.data import permutation
from cnn_tui.engine.images import Images

SEEDS = st.integers(0, 2**63 - 1)


def numbered(size: int) -> Images:
    """Returns images whose labels are their places."""
    places = torch.arange(size)
    return Images(images=places[:, None, None, None].to(torch.uint8), labels=places)


def epoch(batches: Batches, number: int) -> list[list[int]]:
    """Returns the places of the images in the batches of an epoch (from 1)."""
    first = (number - 1) * batches.per_epoch + 1
    steps = range(first, first + batches.per_epoch)
    return [batches.batches(step).labels.tolist() for step in steps]


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), SEEDS, st.integers(1, 10**6))
def test_every_epoch_is_each_image_once(
    size: int, batch_size: int, seed: int, number: int
) -> None:
    batches = Batches(numbered(size), batch_size, seed)
    found = epoch(batches, number)
    assert sorted(itertools.chain(*found)) == list(range(size))
    assert [len(batch) for batch in found[:-1]] == [batch_size] * (len(found) - 1)
    assert len(found[-1]) == size - batch_size * (len(found) - 1)


def test_the_last_batch_is_smaller() -> None:
    batches = Batches(numbered(250), 100, 0)
    assert batches.per_epoch == 3
    assert [len(batch) for batch in epoch(batches, 1)] == [100, 100, 50]


@pytest.mark.parametrize("ahead", [1, 2, 9])
def test_a_last_smaller_batch_can_be_dropped(ahead: int) -> None:
    dropping = Batches(numbered(250), 100, 0, drop_last=True)
    assert (dropping.per_epoch, dropping.images_per_epoch) == (2, 200)
    order = [permutation(0, number, 250).tolist() for number in (1, 2, 3)]
    expected = [row[start : start + 100] for row in order for start in (0, 100)]
    feed = Feed(dropping, lambda images: images.float(), ahead)
    found = [feed.batch(step)[1].tolist() for step in range(1, 7)]
    assert found == expected
    assert Batches(numbered(200), 100, 0, drop_last=True).per_epoch == 2


def test_a_step_has_the_same_batch_whenever_it_is_asked_for() -> None:
    images = numbered(100)
    in_order = Batches(images, 30, 5)
    expected = [in_order.batches(step).labels.tolist() for step in range(1, 20)]
    backwards = Batches(images, 30, 5)
    found = [backwards.batches(step).labels.tolist() for step in range(19, 0, -1)]
    assert found[::-1] == expected
    assert Batches(images, 30, 5).batches(13).labels.tolist() == expected[12]


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = {
        tuple(permutation(seed, number, 100).tolist())
        for seed in (0, 1, 2**63 - 1)
        for number in (0, 1, 2)
    }
    assert len(orders) == 9


def test_drawing_an_order_leaves_torch_s_generator_alone() -> None:
    before = torch.get_rng_state()
    permutation(0, 1, 1000)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("is_elsewhere", [False, True])
@pytest.mark.parametrize("ahead", [1, 3])
def test_only_some_images_of_a_batch_are_made(ahead: int, is_elsewhere: bool) -> None:
    images = numbered(10)
    if is_elsewhere:
        images = images.needed_on(torch.device("cpu"))
    made: list[int] = []

    def prepare(images: torch.Tensor) -> torch.Tensor:
        made.append(len(images))
        return images.float()

    whole = Batches(images, 4, 7)
    feed = Feed(Batches(images, 4, 7, own=lambda n: slice(n // 2, n)), prepare, ahead)
    for step in (1, 2, 3, 4, 2):
        inputs, labels = feed.batch(step)
        expected = whole.batches(step).labels
        assert torch.equal(labels, expected)
        assert inputs.flatten().tolist() == expected[len(expected) // 2 :].tolist()
    assert max(made) <= 2 * ahead


@pytest.mark.parametrize("size", [1, 2])
def test_the_smallest_sets(size: int) -> None:
    assert sorted(permutation(0, 1, size).tolist()) == list(range(size))


def test_images_that_stay_elsewhere_are_fed_in_the_same_order() -> None:
    here, elsewhere = numbered(10), numbered(10).needed_on(torch.device("cpu"))
    feeds = [
        Feed(Batches(images, 3, 7), torch.Tensor.float, ahead=ahead)
        for images, ahead in ((here, 1), (elsewhere, 1), (elsewhere, 3))
    ]
    for step in (1, 2, 3, 4, 5, 6, 2, 3, 9):  # also where training goes back
        first, *others = [feed.batch(step) for feed in feeds]
        for inputs, labels in others:
            assert torch.equal(inputs, first[0])
            assert torch.equal(labels, first[1])
