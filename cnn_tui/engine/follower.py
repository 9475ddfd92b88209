"""A process that follows the leader of its team, word by word."""

import os
import signal
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.engine import team as words
from cnn_tui.engine.checkpoint import decode_checkpoint
from cnn_tui.engine.device import device_uuid
from cnn_tui.engine.evaluate import evaluate_splits
from cnn_tui.engine.setup import Setup, set_up
from cnn_tui.engine.team import ConnectedTeam, join
from cnn_tui.errors import InputError
from cnn_tui.host.ranks import Ranks
from cnn_tui.runs.rank_devices import RankSampler

_LEFT_TO_THE_LEADER = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def follow(ranks: Ranks, data_dir: Path | None) -> None:
    """Does what the leader says, until that says it is over.

    It loads the data itself. Signals are the leader's affair.

    Raises:
        InputError: if this process cannot take part.
        TrainingError: if another process is lost.
    """
    team = join(ranks)
    for number in _LEFT_TO_THE_LEADER:
        signal.signal(number, signal.SIG_IGN)
    assert isinstance(team, ConnectedTeam)
    with ExitStack() as begun:
        _follow(team, ranks, data_dir, begun)


def _follow(
    team: ConnectedTeam, ranks: Ranks, data_dir: Path | None, begun: ExitStack
) -> None:
    setup: Setup | None = None
    while True:
        match team.hear():
            case words.End(), _:
                return
            case words.SetUp(), content:
                with suppress(InputError):  # the leader knows, and says what comes next
                    config = _with_own_device(msgspec.json.decode(content), ranks)
                    setup = set_up(config, data_dir, team=team)
            case words.Begin(), path:
                assert setup is not None
                run, device = Path(os.fsdecode(path)), setup.trainer.device
                sampler = RankSampler(run, team.rank, str(device), device_uuid(device))
                begun.callback(sampler.stop)
            case word, content:
                assert setup is not None
                _do(word, content, setup)


def _with_own_device(mapping: dict[str, Any], ranks: Ranks) -> RunConfig:
    """Returns the leader's config, with the GPU that belongs to this process."""
    if mapping["training"]["device"].startswith("cuda"):
        mapping["training"]["device"] = f"cuda:{ranks.local_rank}"
    return parse_mapping(mapping)


def _do(word: words.Word, content: bytes, setup: Setup) -> None:
    trainer = setup.trainer
    match word:
        case words.Update(lr=lr):
            trainer.rates = replace(trainer.rates, constant=lr)
            trainer.update()
        case words.Skip():
            trainer.skip()
        case words.ReadOut():
            trainer.read_out()
        case words.Load():
            trainer.load_state_dict(decode_checkpoint(content))
        case words.SetValue(name=name, value=value):
            trainer.set_optimizer_value(name, value)
        case words.Evaluate():
            evaluate_splits(
                trainer.evaluated,
                trainer.evaluation_loss,
                setup.splits,
                setup.config.dataset.facts.classes,
                trainer.team,
            )
