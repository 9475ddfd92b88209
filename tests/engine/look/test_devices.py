"""Answers on a GPU, as far as they can be seen without one."""

from dataclasses import replace

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from cnn_tui.engine.look.regard import probabilities
from cnn_tui.engine.look.trace import trace
from cnn_tui.engine.network import Scaling, new_network
from cnn_tui.layers import stages
from tests.engine.making import RANDOM, make_config, move

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")


def test_pictures_go_to_the_gpu_and_what_is_found_comes_back() -> None:
    config = make_config(RANDOM)
    network, _ = new_network(config, Scaling(), CPU)
    network.model.eval()
    facts = config.dataset.facts
    layers = stages(config.model.layers, facts.input_shape, facts.classes)
    with FakeTensorMode():
        move(network.model, CUDA)
        moved = replace(network, device=CUDA)
        images = torch.empty(6, 1, 28, 28, dtype=torch.uint8)
        found = trace(moved, layers, images)
        seen = [*found.inputs.values(), *found.outputs.values()]
        assert {values.device for values in seen} == {CPU}
        assert len(found.outputs) == len(layers) + 1
        assert probabilities(moved, images).device == CPU
