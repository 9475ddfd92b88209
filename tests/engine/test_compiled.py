"""Compiled updates: other kernels, and as exact as without."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from cnn_tui.config import RunConfig
from cnn_tui.engine.checkpoint import LAST, load_checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.network import Scaling, new_network
from cnn_tui.engine.numerics import set_numerics
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import DeviceError
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import RANDOM, make_config, make_trainer, same, weights
from tests.engine.running import rows, run, without_clock

CPU = torch.device("cpu")
needs_compiler = pytest.mark.skipif(
    shutil.which("g++") is None, reason="there is no g++ to compile with"
)


def compiled_config(**training: Any) -> RunConfig:
    """Returns that of a net with a memory, random numbers, and a smaller last batch."""
    return make_config(
        RANDOM, {"train_images": 120}, compile="default", device="cpu", **training
    )


@needs_compiler
@pytest.mark.filterwarnings("default")  # those of a compiler
def test_a_compiled_run_is_resumed_and_verified_bit_for_bit(tmp_path: Path) -> None:
    whole, _ = run(compiled_config(iterations=120), tmp_path)
    half, _ = run(compiled_config(iterations=110), tmp_path)
    resume_run(RunWriter.open(half), Interrupts(), changes=Changes(iterations=120))
    found = [load_file(path / "model.safetensors") for path in (whole, half)]
    assert same(*found)
    assert [without_clock(row) for row in rows(half)] == [
        without_clock(row) for row in rows(whole)
    ]
    kept = load_checkpoint(whole / "checkpoints" / LAST)
    names = set(new_network(compiled_config(), Scaling(), CPU)[0].model.state_dict())
    assert set(kept.model) == set(found[0]) == names
    proof = verify_run(half, from_step=None, steps=120, data_dir=None)
    assert (proof.last_step, proof.difference) == (120, None)


@needs_compiler
@pytest.mark.filterwarnings("default")
def test_compiling_beforehand_changes_nothing(splits: Splits) -> None:
    trainer = make_trainer(compiled_config(), splits)
    before, random = weights(trainer), torch.get_rng_state()
    trainer.rehearse()
    assert same(weights(trainer), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert trainer.step == 0 and not trainer.read_out()


def test_what_cannot_be_compiled_is_one_sentence(tmp_path: Path) -> None:
    from torch._inductor import config as inductor

    told: list[str] = []
    nowhere = {"cpp.cxx": (None, str(tmp_path / "g++"))}
    with inductor.patch(nowhere), pytest.raises(DeviceError) as caught:
        set_up(compiled_config(), None, told.append)
    assert str(caught.value).startswith("the model cannot be compiled for cpu: ")
    assert str(caught.value).endswith(
        "; install a C++ compiler such as g++, or set training.compile to off"
    )
    assert "\n" not in str(caught.value)
    assert told[-1].startswith("compiling the model")


def test_there_are_no_cuda_graphs_on_a_cpu() -> None:
    config = make_config(compile="reduce-overhead", device="cpu")
    with pytest.raises(DeviceError, match="cpu has no CUDA graphs"):
        set_numerics(config, CPU)
