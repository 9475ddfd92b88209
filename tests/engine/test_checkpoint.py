"""Checkpoints: whole at every moment, exact, and never executed."""

import io
import os
import pickle
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from cnn_tui.config import to_yaml
from cnn_tui.engine.checkpoint import (
    BEST,
    LAST,
    PREVIOUS,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from cnn_tui.engine.data import Splits
from cnn_tui.engine.guard import GuardMemory
from cnn_tui.engine.network import to_safetensors
from cnn_tui.engine.recorded import GOOD, find_checkpoint
from cnn_tui.engine.rng import get_rng_state
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import NewerFormatError, RunDirectoryError
from cnn_tui.runs.history import step_file
from cnn_tui.runs.records import Best
from tests.engine.making import (
    RANDOM,
    TINY,
    losses,
    make_config,
    make_trainer,
    same,
    weights,
)

OPTIMIZERS = [
    {"lr": 0.1, "momentum": 0.9},
    {"name": "adam"},
    {"name": "adamw"},
    {"name": "rmsprop", "momentum": 0.5},
]


def checkpoint_of(trainer: Trainer, **changes: Any) -> Checkpoint:
    """Returns a checkpoint of where a trainer is."""
    values: dict[str, Any] = {
        "config": "format: 1\n",
        "step": trainer.step,
        "total_steps": 20,
        "horizon": 20,
        "model": trainer.model.state_dict(),
        "optimizer": trainer.optimizer.state_dict(),
        "rng": get_rng_state(trainer.device),
        "scaling": trainer.network.scaling,
        "guard": GuardMemory(halted_before=4, rollbacks=2),
        "lr_factor": 0.5,
        "overrides": {"lr": 0.1, "checkpoint_every": "5s", "constant_lr": None},
        "best": Best(step=3, accuracy=0.25),
        "training_seconds": 1.5,
        "pause_at_step": 7,
    }
    return Checkpoint(**values | changes)


@pytest.fixture
def trainer(splits: Splits) -> Trainer:
    """A trainer with dropout, batch norm and momentum, after 5 updates."""
    config = make_config(RANDOM, optimizer={"lr": 0.1, "momentum": 0.9})
    trainer = make_trainer(config, splits)
    losses(trainer, 5)
    return trainer


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_a_restored_trainer_goes_on_bit_for_bit(
    optimizer: dict[str, Any], tmp_path: Path, splits: Splits
) -> None:
    config = make_config(RANDOM, optimizer=optimizer)
    trainer = make_trainer(config, splits)
    losses(trainer, 5)
    save_checkpoint(tmp_path, checkpoint_of(trainer))
    expected = losses(trainer, 8)

    loaded = load_checkpoint(tmp_path / "checkpoints" / LAST)
    restored = make_trainer(config, splits)
    restored.load_state_dict(loaded)
    assert losses(restored, 8) == expected
    assert same(weights(restored), weights(trainer))
    assert same(restored.optimizer.state_dict(), trainer.optimizer.state_dict())


def test_everything_in_it_comes_back(trainer: Trainer, tmp_path: Path) -> None:
    saved = checkpoint_of(trainer)
    save_checkpoint(tmp_path, saved)
    loaded = load_checkpoint(tmp_path / "checkpoints" / LAST)
    assert same(
        {name: getattr(loaded, name) for name in loaded.__struct_fields__},
        {name: getattr(saved, name) for name in saved.__struct_fields__},
    )


def test_nothing_but_plain_values_is_in_it(trainer: Trainer, tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint_of(trainer))
    path = tmp_path / "checkpoints" / LAST
    with open(path, "rb") as file:
        content = torch.load(file, weights_only=True)
    assert set(content) == {
        *("format", "config", "step", "total_steps", "horizon", "model", "optimizer"),
        *("rng", "lr_factor", "overrides", "best", "training_seconds", "pause_at_step"),
        *("scaling", "ema", "guard", "evaluations_since_best"),
    }
    assert content["best"] == {"step": 3, "accuracy": 0.25}


def test_the_one_before_is_kept_and_others_on_request(
    trainer: Trainer, tmp_path: Path
) -> None:
    folder = tmp_path / "checkpoints"
    for step in (1, 2, 3):
        also_as = [BEST] if step == 2 else []
        save_checkpoint(tmp_path, checkpoint_of(trainer, step=step), also_as)
    save_checkpoint(tmp_path, checkpoint_of(trainer, step=4), [step_file(4)])
    steps = {path.name: load_checkpoint(path).step for path in folder.iterdir()}
    assert steps == {LAST: 4, PREVIOUS: 3, BEST: 2, "step-00000004.pt": 4}


def test_checkpoints_are_private(trainer: Trainer, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        save_checkpoint(tmp_path, checkpoint_of(trainer), [BEST])
        save_checkpoint(tmp_path, checkpoint_of(trainer), [BEST])
    finally:
        os.umask(before)
    folder = tmp_path / "checkpoints"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.fixture(scope="module")
def whole_file(splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a checkpoint."""
    run = tmp_path_factory.mktemp("run")
    save_checkpoint(run, checkpoint_of(make_trainer(make_config(), splits)))
    return (run / "checkpoints" / LAST).read_bytes()


class Malicious:
    """Pickled, it asks the reader to make a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize(
    "save", [torch.save, lambda obj, f: f.write(pickle.dumps(obj))]
)
def test_nothing_in_a_checkpoint_is_executed(save: Any, tmp_path: Path) -> None:
    path, target = tmp_path / LAST, tmp_path / "executed"
    with open(path, "wb") as file:
        save({"format": 1, "model": Malicious(target)}, file)
    with pytest.raises(RunDirectoryError, match="is damaged, or no checkpoint"):
        load_checkpoint(path)
    assert not target.exists()
    with open(path, "rb") as file:  # the trap would have worked
        torch.load(file, weights_only=False) if save is torch.save else pickle.load(
            file
        )
    assert target.exists()


def _truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        _truncated,
        _flipped,
        lambda data: b"",
        lambda data: b"rubbish",
        lambda data: data[:-1],
        lambda data: data[100:],
        lambda data: pickle.dumps({"format": 1}),
        lambda data: b"PK\x03\x04" + b"\0" * 100,
        lambda data: b"\x80",
        lambda data: b"\x80\x02}q\x00.",
    ],
)
def test_a_damaged_checkpoint_is_one_clear_sentence(
    damage: Callable[[bytes], bytes], trainer: Trainer, tmp_path: Path
) -> None:
    save_checkpoint(tmp_path, checkpoint_of(trainer))
    path = tmp_path / "checkpoints" / LAST
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RunDirectoryError, match="is damaged, or no checkpoint"):
        load_checkpoint(path)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))))
def test_a_checkpoint_with_rubbish_in_its_pickle_is_never_a_crash(
    whole_file: bytes, changes: list[tuple[float, int]]
) -> None:
    with zipfile.ZipFile(io.BytesIO(whole_file)) as archive:
        members = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    [pickled] = [data for name, data in members.items() if name.endswith("data.pkl")]
    for place, value in changes:
        pickled[int(place * len(pickled))] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, LAST)
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, bytes(data))
        with warnings.catch_warnings(), suppress(RunDirectoryError):
            warnings.simplefilter("ignore")
            load_checkpoint(path)


def test_a_missing_checkpoint_a_link_and_a_pipe_are_refused(
    trainer: Trainer, tmp_path: Path
) -> None:
    save_checkpoint(tmp_path, checkpoint_of(trainer))
    (tmp_path / "link.pt").symlink_to(tmp_path / "checkpoints" / LAST)
    os.mkfifo(tmp_path / "pipe.pt")
    for name in ("no.pt", "link.pt", "pipe.pt"):
        with pytest.raises(RunDirectoryError, match=f"{name}: cannot be read"):
            load_checkpoint(tmp_path / name)


def test_another_format_is_named_not_guessed(trainer: Trainer, tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint_of(trainer, format=2))
    with pytest.raises(RunDirectoryError, match="has format 2, only 1 is known"):
        load_checkpoint(tmp_path / "checkpoints" / LAST)


def test_the_model_loads_into_plain_torch(splits: Splits, tmp_path: Path) -> None:
    config = make_config(TINY)
    trainer = make_trainer(config, splits)
    losses(trainer, 3)
    path = tmp_path / "model.safetensors"
    path.write_bytes(to_safetensors(trainer.network, config, 3))
    plain = nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)
    )
    plain.load_state_dict(load_file(path))
    images = splits.test.images.float() / 255
    with torch.inference_mode():
        assert torch.allclose(plain(images), trainer.model(images), atol=1e-6)
    with safe_open(path, "pt") as file:
        assert file.metadata() == {
            "format": "1",
            "config": to_yaml(config),
            "scaling": '{"mean":[0.0],"std":[1.0]}',
            "step": "3",
            "weights": "raw",
            "classes": '["0","1","2","3","4","5","6","7","8","9"]',
        }


def rewritten(path: Path, **changes: Any) -> None:
    """Changes parts of a checkpoint's file."""
    content = torch.load(io.BytesIO(path.read_bytes()), weights_only=True)
    torch.save(content | changes, path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2, "model": "something else"}, "has format 2, only 1 is known"),
        ({"swa": {"steps": 5}}, "has parts that are not known here (swa)"),
    ],
)
def test_what_only_a_newer_version_understands_is_named(
    changes: dict[str, Any], sentence: str, trainer: Trainer, tmp_path: Path
) -> None:
    save_checkpoint(tmp_path, checkpoint_of(trainer))
    path = tmp_path / "checkpoints" / LAST
    rewritten(path, **changes)
    with pytest.raises(NewerFormatError) as refused:
        load_checkpoint(path)
    assert sentence in str(refused.value)
    assert "damaged" not in str(refused.value)
    with pytest.raises(NewerFormatError):  # and no older one is taken in its place
        find_checkpoint(tmp_path, "", GOOD)


def test_parts_that_came_later_have_defaults(trainer: Trainer, tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint_of(trainer))
    path = tmp_path / "checkpoints" / LAST
    content = torch.load(io.BytesIO(path.read_bytes()), weights_only=True)
    torch.save(
        {k: v for k, v in content.items() if k not in ("guard", "scaling", "ema")}, path
    )
    loaded = load_checkpoint(path)
    assert loaded.guard == GuardMemory()
    assert loaded.scaling is None
    assert loaded.ema is None
