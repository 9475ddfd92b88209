"""The weights of a moment are those that the run had there, and are evaluated."""

import json
from pathlib import Path

import pytest
import torch

from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.look.answers import Answers
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.errors import InputError
from cnn_tui.look import messages as ask
from cnn_tui.runs.history import step_file
from tests.engine.making import RANDOM, TINY, make_config, same
from tests.engine.running import ENDLESS, run, training


def weights(weighed: Weighed) -> dict[str, torch.Tensor]:
    """Returns the weights of a network."""
    return weighed.network.model.state_dict()


def test_a_checkpoint_that_was_gone_back_on_is_no_moment(tmp_path: Path) -> None:
    with training(make_config(TINY, **ENDLESS), tmp_path) as trained:
        trained.tell("pause")
        trained.tell("step", count=4)
        trained.wait_for_steps()
        kept = trained.tell("checkpoint")["step"]
        trained.tell("step", count=3)
        trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    source = Source(trained.path, None)
    expected = load_checkpoint(trained.path / "checkpoints" / step_file(kept)).model
    assert same(weights(source.at(kept)), expected)
    for later in (trained.path / "history").glob("*"):
        later.unlink()
    back = {"event": "rolled_back", "at": "2026-01-01T00:00:00+00:00", "step": kept - 1}
    with (trained.path / "events.jsonl").open("a") as file:
        file.write(json.dumps(back) + "\n")
    source = Source(trained.path, None)
    with pytest.raises(InputError, match=f"{kept:,}"):
        source.at(kept)


def test_an_update_made_again_has_the_weights_that_are_evaluated(
    tmp_path: Path,
) -> None:
    path, _ = run(make_config(RANDOM, ema_decay=0.9, evaluate_every=10), tmp_path)
    averaged = load_checkpoint(path / "history" / step_file(10)).ema
    assert averaged is not None
    answers = Answers(path, None)
    threads = torch.get_num_threads()
    answers.require(ask.Replay(step=10), ask.Replayed)
    assert torch.get_num_threads() == threads
    assert same(weights(answers.source.at(10)), averaged)
    (path / "history" / step_file(10)).unlink()
    assert same(weights(answers.source.at(10)), averaged)
