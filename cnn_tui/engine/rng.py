"""The state of torch's random number generators, which dropout draws from."""

import numpy as np
import torch
from torch import Tensor

RngState = dict[str, Tensor]

_STREAM = 2
"""Tells the numbers of a shard from those of augmentation and order."""


def get_rng_state(device: torch.device) -> RngState:
    """Returns the generators' state: "torch", and "device" for one that has its own."""
    state = {"torch": torch.get_rng_state()}
    if device.type == "cuda":
        state["device"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["device"] = torch.mps.get_rng_state()
    return state


def seed_rngs(state: Tensor, seed: int, device: torch.device) -> None:
    """Begins a training: the CPU generator at ``state``, the device's own at ``seed``.

    ``state`` is that of a generator that has drawn the weights from the same seed.
    """
    torch.set_rng_state(state)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def seed_layers(device: torch.device, seed: int, step: int, shard: int) -> None:
    """Lets what layers draw on ``device`` be a function of these three alone."""
    sequence = np.random.SeedSequence([seed, step, _STREAM, shard])
    mixed = int(sequence.generate_state(1, np.uint64)[0]) >> 1
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(mixed)
    elif device.type == "mps":
        torch.mps.manual_seed(mixed)
    else:
        torch.default_generator.manual_seed(mixed)


def set_rng_state(state: RngState, device: torch.device) -> None:
    """Sets the generators; one whose state is not there keeps its own."""
    if "torch" in state:
        torch.set_rng_state(state["torch"])
    if "device" not in state:
        return
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["device"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state["device"])
