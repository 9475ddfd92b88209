"""A run as one looks into it: its pictures, and its weights at any moment."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from cnn_tui.datasets.form import Part
from cnn_tui.engine.checkpoint import BEST, Checkpoint, load_checkpoint
from cnn_tui.engine.data import Splits, load_splits
from cnn_tui.engine.device import release_memory
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Network, load_network, new_network
from cnn_tui.engine.numerics import set_precision
from cnn_tui.engine.recorded import GOOD, read_checkpoint
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.layers import Stage, stages
from cnn_tui.look.messages import Moment, Picture
from cnn_tui.runs.config import read_config, read_config_text
from cnn_tui.runs.history import abandoned_checkpoints, step_file, steps_available
from cnn_tui.runs.layout import CHECKPOINTS, HISTORY
from cnn_tui.runs.status import read_status
from cnn_tui.text import count, printable

CPU = torch.device("cpu")
_MOST = 8
"""Networks that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """A network with the weights that it had after update ``step``."""

    step: int
    network: Network


class Source:
    """Reads a run directory, whoever trains it, and never writes there.

    Pictures are in this machine's memory, networks on the device.

    Attributes:
        stages: The layers of its model.
        device: Where its networks compute; the CPU, until ``use``.
    """

    def __init__(self, run: Path, data_dir: Path | None) -> None:
        """Raises InputError if the run has no config that can be read."""
        self.run = run
        self.config = read_config(run)
        self.facts = self.config.dataset.facts
        self.stages: list[Stage] = stages(
            self.config.model.layers, self.facts.input_shape, self.facts.classes
        )
        self.device = CPU
        self.data_dir = data_dir
        self._config_text = read_config_text(run)
        self._kept: dict[int, Weighed] = {}
        self._loaded: dict[str, tuple[tuple[int, ...], Weighed]] = {}

    def use(self, device: torch.device) -> None:
        """Lets networks compute on another device from now on."""
        set_precision(self.config.training)
        kept, self._kept = self._kept, {}
        self._loaded.clear()
        self.device = device
        for step, weighed in kept.items():
            self.keep(step, weighed.network)
        release_memory()

    @cached_property
    def splits(self) -> Splits:
        """Its pictures. Raises DataError if they are not there."""
        return load_splits(self.config, self.data_dir, CPU, may_download=False)

    def images(self, part: Part) -> Images:
        """Returns a part of the pictures. Raises InputError if there is none."""
        images: Images | None = getattr(self.splits, part)
        if images is None:
            raise InputError(f"this run has no {part} images")
        return images

    def picture(self, picture: Picture) -> tuple[Tensor, int | None]:
        """Returns a picture as a batch of one, uint8 1×C×H×W, and its class.

        Raises:
            InputError: if there is no such picture, or it has another shape.
        """
        if picture.own is not None:
            if picture.own.shape != self.facts.input_shape:
                raise InputError(
                    f"a picture of shape {picture.own.shape}, the network takes "
                    f"{self.facts.input_shape}"
                )
            return torch.from_numpy(picture.own.copy())[None].to(torch.uint8), None
        images = self.images(picture.part)
        if not 0 <= picture.index < len(images):
            raise InputError(
                f"picture {picture.index}: there are {count(len(images))} in the "
                f"{picture.part} set, from 0 on"
            )
        chosen = images.images[picture.index : picture.index + 1]
        return chosen, int(images.labels[picture.index])

    def at(self, moment: Moment) -> Weighed:
        """Returns the network of a moment; a file that did not change is read once.

        Raises:
            InputError: if no checkpoint is of that moment, or none can be read.
        """
        path = self._path(moment)
        if path is None:
            return self._without_file(moment)
        mark = _mark(path)
        known = self._loaded.get(str(moment))
        if known and known[0] == mark:
            return known[1]
        weighed = self._weighed(self._read(path, moment))
        if len(self._loaded) >= _MOST:
            self._loaded.pop(next(iter(self._loaded)))
        self._loaded[str(moment)] = (mark, weighed)
        return weighed

    def _without_file(self, moment: Moment) -> Weighed:
        """Returns what was kept of a moment, or the first weights of all."""
        if not isinstance(moment, int):
            return self._first()
        if moment in self._kept:
            return self._kept[moment]
        if moment == 0:
            return self._first()
        steps = (0, *steps_available(self.run))
        nearest = min(steps, key=lambda step: abs(step - moment))
        raise InputError(
            f"{printable(self.run.name)} has no checkpoint of step {moment:,}; the "
            f"nearest is of step {nearest:,}"
        )

    def keep(self, step: int, network: Network) -> None:
        """Lets weights be looked at that no checkpoint has; the last few are kept."""
        while len(self._kept) >= _MOST:
            self._kept.pop(next(iter(self._kept)))
        self._kept[step] = self._placed(step, network)

    def _path(self, moment: Moment) -> Path | None:
        """Returns the file of a moment, if there is one that was not gone back on."""
        folder = self.run / CHECKPOINTS
        if moment == "newest":
            there = [folder / name for name in GOOD if (folder / name).exists()]
            return there[0] if there else None
        if moment == "best":
            return folder / BEST
        name = step_file(moment)
        kept, past = folder / name, self.run / HISTORY / name
        if kept.exists() and name not in abandoned_checkpoints(self.run):
            return kept
        return past if past.exists() else self._replaced(moment)

    def _replaced(self, step: int) -> Path | None:
        """Returns the file that holds a step until there is a better or newer one."""
        status, folder = read_status(self.run), self.run / CHECKPOINTS
        if status is None:
            return None
        if status.last_checkpoint_step == step:
            return self._path("newest")
        is_best = status.best is not None and status.best.step == step
        return folder / BEST if is_best else None

    def _read(self, path: Path, moment: Moment) -> Checkpoint:
        if moment == "newest":
            return read_checkpoint(self.run, self._config_text, GOOD)
        return load_checkpoint(path)

    def _weighed(self, checkpoint: Checkpoint) -> Weighed:
        scaling = checkpoint.scaling or self.splits.scaling
        try:
            weights = checkpoint.ema or checkpoint.model  # those that are evaluated
            network = load_network(self.config, scaling, weights, CPU)
        except RuntimeError as error:
            raise RunDirectoryError(
                f"a checkpoint of {printable(self.run.name)} is of another network"
            ) from error
        return self._placed(checkpoint.step, network)

    def _placed(self, step: int, network: Network) -> Weighed:
        if network.device != self.device:
            weights = network.model.state_dict()
            network = load_network(self.config, network.scaling, weights, self.device)
        network.model.eval()
        return Weighed(step=step, network=network)

    def _first(self) -> Weighed:
        network, _ = new_network(self.config, self.splits.scaling, CPU)
        return self._placed(0, network)


def _mark(path: Path) -> tuple[int, ...]:
    """Returns what changes when a file is replaced; raises InputError without one."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise RunDirectoryError(f"{printable(path)}: {error.strerror}") from error
    return found.st_ino, found.st_mtime_ns, found.st_size
