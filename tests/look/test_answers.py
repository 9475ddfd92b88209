"""What is said of channels and pictures, against plain torch and numpy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnn_tui.engine.images import Images
from cnn_tui.engine.look.answers import Answers
from cnn_tui.engine.look.excite import dead_channels
from cnn_tui.engine.look.regard import occlusion
from cnn_tui.engine.look.trace import in_batches
from cnn_tui.engine.network import Network, load_network
from cnn_tui.look import messages as ask

SEVEN = ask.Picture(index=0)


@pytest.fixture(scope="module")
def answers(run: Path) -> Answers:
    """Answers about a run."""
    return Answers(run, None)


@pytest.fixture(scope="module")
def network(answers: Answers) -> Network:
    """The network of its newest checkpoint."""
    return answers.source.at("newest").network


@pytest.fixture(scope="module")
def test_images(answers: Answers) -> Images:
    """Its test set."""
    return answers.source.images("test")


def outputs(network: Network, layers: int, images: Tensor) -> Tensor:
    """Returns what the first layers of a network make of images."""
    with torch.inference_mode():
        found: Tensor = network.model[:layers](network.inputs(images))
    return found


def test_a_channel_is_dead_if_no_picture_of_the_sample_excites_it(
    answers: Answers, network: Network, test_images: Images
) -> None:
    weights = {k: v.clone() for k, v in network.model.state_dict().items()}
    weights["3.bias"][[2, 30]] = -1000.0
    cpu = torch.device("cpu")
    killed = load_network(answers.source.config, network.scaling, weights, cpu)
    killed.model.eval()
    images = test_images.images[:500]
    found = dead_channels(killed, answers.source.stages, images)
    assert set(found) == {"1", "2", "3", "4", "5", "6"}
    active = outputs(killed, 5, images).amax((0, 2, 3)) > 0
    dead = tuple(np.flatnonzero(~active.numpy()).tolist())
    assert {2, 30} <= set(dead)
    assert found["5"] == found["6"] == dead
    asked = answers.answer(ask.FindDead(moment="newest"))
    assert isinstance(asked, ask.DeadChannels)
    assert asked.channels == dead_channels(network, answers.source.stages, images)


@pytest.mark.parametrize(
    "question",
    [
        ask.FindDead(moment="newest"),
        ask.FindPatches(moment="newest", layer="1", channel=0),
        ask.FindNeighbours(moment="newest", picture=SEVEN),
        ask.Predict(moment="newest"),
    ],
    ids=lambda question: type(question).__name__,
)
def test_what_takes_long_is_told_in_parts_and_can_be_ended(
    answers: Answers, question: ask.AnyQuestion
) -> None:
    heard: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        heard.append((done, total))
        if len(heard) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        answers.answer(question, tell)
    assert 0 < heard[0][0] < heard[1][0] <= heard[1][1]


def test_large_pictures_go_through_a_few_at_a_time(network: Network) -> None:
    def sizes(side: int) -> list[int]:
        images = torch.zeros(600, 1, side, side, dtype=torch.uint8)
        return [len(batch) for batch in in_batches(network, images)]

    assert sum(sizes(28)) == sum(sizes(256)) == 600
    assert max(sizes(256)) * 256**2 <= max(sizes(28)) * 28**2 * 1.1
    huge = torch.zeros(2, 1, 1024, 1024, dtype=torch.uint8)
    assert [len(batch) for batch in in_batches(network, huge)] == [1, 1]


def test_the_best_patches_hold_the_largest_values_of_the_test_set(
    answers: Answers, network: Network, test_images: Images
) -> None:
    question = ask.FindPatches(moment="newest", layer="4", channel=3)
    found = answers.answer(question)
    assert isinstance(found, ask.Patches)
    maps = outputs(network, 4, test_images.images)[:, 3]
    best = maps.flatten(1).amax(1)
    order = best.argsort(descending=True)[:9]
    assert found.values == pytest.approx(best[order].tolist(), abs=1e-5)
    assert set(found.indices) == set(order.tolist())
    for index, region, image in zip(
        found.indices, found.regions, found.images, strict=True
    ):
        y, x = divmod(int(maps[index].argmax()), maps.shape[2])
        assert (region.top, region.left) == (2 * y, 2 * x)
        assert (region.height, region.width) == (14, 14)
        assert np.array_equal(image, test_images.images[index].numpy())


def test_predictions_are_the_networks(
    answers: Answers, network: Network, test_images: Images
) -> None:
    found = answers.answer(ask.Predict(moment="newest"))
    assert isinstance(found, ask.Predictions)
    with torch.inference_mode():
        chances = network(test_images.images).softmax(1)
    assert np.array_equal(found.labels, test_images.labels.numpy())
    assert np.array_equal(found.predicted, chances.argmax(1).numpy())
    assert np.allclose(found.confidence, chances.amax(1).numpy(), atol=1e-6)


def test_neighbours_are_the_nearest_in_what_the_last_linear_layer_gets(
    answers: Answers, network: Network
) -> None:
    found = answers.answer(ask.FindNeighbours(moment="newest", picture=SEVEN, count=3))
    assert isinstance(found, ask.Neighbours)
    train = answers.source.images("train")
    features = outputs(network, 7, train.images)
    image, _ = answers.source.picture(SEVEN)
    distances = (features - outputs(network, 7, image)).norm(dim=1)
    assert found.distances == pytest.approx(
        distances.sort().values[:3].tolist(), rel=1e-3
    )
    assert found.labels == tuple(train.labels[list(found.indices)].tolist())


def test_the_next_picture_finds_its_neighbours_at_once(run: Path) -> None:
    def find(answers: Answers, moment: ask.Moment, index: int) -> ask.Neighbours:
        picture = ask.Picture(index=index)
        question = ask.FindNeighbours(moment=moment, picture=picture)
        found = answers.answer(question, lambda *_: heard.append((moment, index)))
        assert isinstance(found, ask.Neighbours)
        return found

    heard: list[tuple[ask.Moment, int]] = []
    answers = Answers(run, None)
    places: list[tuple[ask.Moment, int]] = [("newest", 0), ("newest", 1), (20, 1)]
    found = [find(answers, moment, index) for moment, index in places]
    assert set(heard) == {("newest", 0), (20, 1)}
    anew = find(Answers(run, None), "newest", 1)
    assert (found[1].indices, found[1].distances) == (anew.indices, anew.distances)
    assert found[2].distances != anew.distances


class Middle(nn.Module):
    """Is sure of class 1 by the mean of the middle of a picture alone."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Takes N×1×14×14."""
        middle = inputs[:, :, 6:8, 6:8].mean((1, 2, 3))
        return torch.stack([torch.zeros_like(middle), 10 * middle - 5], 1)


def test_an_occlusion_map_is_high_where_the_network_looks_and_nowhere_else(
    network: Network,
) -> None:

    looking = replace(network, model=nn.Sequential(Middle()))
    image = torch.zeros(1, 1, 14, 14, dtype=torch.uint8)
    image[:, :, 6:8, 6:8] = 255
    found = occlusion(looking, image, 1, 5)
    assert found.window == 2
    assert (found.step, found.drop.shape) == (5, (14, 14))
    assert (found.drop[6:8, 6:8] > 0.3).all()
    elsewhere = found.drop.copy()
    elsewhere[5:9, 5:9] = 0
    assert (elsewhere == 0).all()
