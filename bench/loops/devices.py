"""Trains model A in one process and in two, in turns; start it with torchrun.

``torchrun --nproc-per-node 2 -m bench.loops.devices ROUNDS`` prints a JSON object of
lists with the seconds that the updates of each round took: by one process (``one``), by
one in two shards (``shards``), by two processes in two shards (``two``), by two in
torch's DistributedDataParallel (``ddp``), and by two that share nothing, on
half a batch each (``apart``), the most that two can do. Each has one thread.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from torch.nn.parallel import DistributedDataParallel

from cnn_tui.config import RunConfig, parse_settings
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.team import ConnectedTeam, Update, join
from cnn_tui.engine.trainer import Trainer
from cnn_tui.host.ranks import ranks
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset

UPDATES = 20
_SETTINGS = ("batch_size=200", "threads=1", "device=cpu")

Step = Callable[[], object]


def main(rounds: int) -> None:
    """Takes turns; the first round warms up and does not count."""
    team = join(ranks())
    assert isinstance(team, ConnectedTeam)
    contestants = {
        "one": _alone(team, _config()),
        "shards": _alone(team, _config("shards=2")),
        "two": _together(team, _config("shards=2")),
        "ddp": _ddp(team, _config()),
        "apart": set_up(_config("batch_size=100"), None).trainer.update,
    }
    found = [
        {name: _seconds(team, step) for name, step in contestants.items()}
        for _ in range(rounds + 1)
    ]
    if team.leads:
        print(json.dumps({key: [row[key] for row in found[1:]] for key in found[0]}))
    team.agree(None)


def _config(*settings: str) -> RunConfig:
    values = parse_settings([f"training.{text}" for text in (*_SETTINGS, *settings)])
    return read_preset(find_preset("model-a")).with_settings(values)


def _seconds(team: ConnectedTeam, step: Step) -> float:
    team.agree(None)
    began = time.perf_counter()
    for _ in range(UPDATES):
        step()
    team.agree(None)
    return time.perf_counter() - began


def _alone(team: ConnectedTeam, config: RunConfig) -> Step:
    """Returns an update of the first process, while the other one waits."""
    trainer = set_up(config, None).trainer
    return trainer.update if team.leads else lambda: None


def _together(team: ConnectedTeam, config: RunConfig) -> Step:
    """Returns an update of a run as it is trained, words and all."""
    if not team.leads:
        team.hear()
    trainer = set_up(config, None, team=team).trainer
    return trainer.update if team.leads else lambda: _follow(team, trainer)


def _follow(team: ConnectedTeam, trainer: Trainer) -> None:
    word, _ = team.hear()
    assert isinstance(word, Update)
    trainer.rates = replace(trainer.rates, constant=word.lr)
    trainer.update()


def _ddp(team: ConnectedTeam, config: RunConfig) -> Step:
    """Returns an update of plain data parallelism on the same batches."""
    trainer = set_up(config, None).trainer
    model = DistributedDataParallel(trainer.model)

    def update() -> None:
        trainer.step += 1
        part = trainer.batch(trainer.step).cut(team.size)[team.rank]
        trainer.optimizer.zero_grad()
        loss = trainer.loss_function(model(part.inputs), part.labels)
        torch.autograd.backward(loss)
        trainer.optimizer.step()

    return update


if __name__ == "__main__":
    main(int(sys.argv[1]))
