"""What was measured on this machine, and what it says of another config."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple

import msgspec
from platformdirs import user_cache_path

from cnn_tui.config import RunConfig, layer_table
from cnn_tui.host import nvml
from cnn_tui.host.hardware import machine_name
from cnn_tui.io.files import read_bounded, replace_file
from cnn_tui.preflight.cost import Cost
from cnn_tui.text import significant, span

_MOST = 500
_MAX_BYTES = 1_000_000
_WAY = (
    *("device", "threads", "precision", "memory_format", "deterministic", "compile"),
)
_WORK = (
    *("batch_size", "gradient_accumulation", "evaluate_flipped", "clip_grad_norm"),
    *("ema_decay", "shards"),
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured once."""

    way: str
    """On what and how it was computed, as a fingerprint."""
    work: str
    """What was computed, likewise."""
    multiply_adds: Annotated[int, msgspec.Meta(ge=1)]
    """Of an update, forward alone."""
    multiply_adds_of_evaluation: Annotated[int, msgspec.Meta(ge=1)]
    cost: Cost


class Expected(NamedTuple):
    """What a run would take."""

    cost: Cost
    is_measured: bool
    """Or it is estimated from others, by their multiply-adds."""


def expect(config: RunConfig, known: Sequence[Entry]) -> Expected | None:
    """Returns what a run takes on this machine, as far as that is known.

    Of a net that was not measured it is the median of what others, computed in the same
    way, took for each multiply-add.
    """
    if not known:
        return None
    wanted = _entry(config, Cost())
    same_way = [entry for entry in known if entry.way == wanted.way]
    for entry in same_way:
        if entry.work == wanted.work:
            return Expected(entry.cost, is_measured=True)
    if not same_way:
        return None
    per_update = median(e.cost.ms_per_update / e.multiply_adds for e in same_way)
    per_evaluation = median(
        e.cost.ms_per_evaluation / e.multiply_adds_of_evaluation for e in same_way
    )
    cost = Cost(
        ms_per_update=per_update * wanted.multiply_adds,
        ms_per_evaluation=per_evaluation * wanted.multiply_adds_of_evaluation,
        ms_per_checkpoint=median(e.cost.ms_per_checkpoint for e in same_way),
    )
    return Expected(cost, is_measured=False)


def one_device_speed(config: RunConfig, known: Sequence[Entry]) -> float | None:
    """Returns the images per second that were measured here, in one process.

    Of the same without shards, if that was measured: one device needs none.
    """
    for asked in _ways_to_ask(config):
        expected = expect(asked, known)
        if expected and expected.is_measured:
            return config.training.batch_size / expected.cost.ms_per_update * 1000
    return None


def _ways_to_ask(config: RunConfig) -> Iterator[RunConfig]:
    """Yields what may have been measured that is the config of a run in one process.

    What a run's config says, a preset may have left open.
    """
    training = config.training
    is_cuda = training.device.startswith("cuda")
    left_open: dict[str, object] = {}
    if training.memory_format == "channels_last":
        left_open["memory_format"] = None
    if training.deterministic == is_cuda:
        left_open["deterministic"] = None
    devices = [training.device] + ["auto"] * (is_cuda or not nvml.gpus())
    for shards, values, device in product(
        (None, training.shards), ({}, left_open), devices
    ):
        changed = {"shards": shards, "device": device, **values}
        one = training.model_copy(update=changed)
        yield config.model_copy(update={"training": one})


def in_words(config: RunConfig, expected: Expected) -> str:
    """Returns "≈ 0.9 ms/update, 2.7 s in all (measured)"."""
    word = "measured" if expected.is_measured else "estimated"
    each = significant(expected.cost.ms_per_update, 2)
    return f"≈ {each} ms/update, {span(expected.cost.seconds(config))} in all ({word})"


def known_path() -> Path:
    """Returns the file that remembers."""
    return user_cache_path("cnn-tui") / "measured.json"


def read_known() -> list[Entry]:
    """Returns what was measured, the newest first; nothing from a damaged file."""
    try:
        content = read_bounded(known_path(), _MAX_BYTES)
        return msgspec.json.decode(content, type=list[Entry])
    except (OSError, msgspec.MsgspecError, RecursionError):
        return []


def remember(config: RunConfig, cost: Cost) -> None:
    """Remembers what a config takes here; without a cache nothing is remembered."""
    new = _entry(config, cost)
    others = [e for e in read_known() if (e.way, e.work) != (new.way, new.work)]
    path = known_path()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        content = msgspec.json.encode([new, *others][:_MOST])
        replace_file(path, content, shared=True)


def _entry(config: RunConfig, cost: Cost) -> Entry:
    dataset, training = config.dataset, config.training
    each = max(1, layer_table(config).multiply_adds)
    images = dataset.facts.test_images + dataset.validation_images
    values = training.model_dump(mode="json")
    parts: list[object] = [
        *(config.model.model_dump(mode="json"), dataset.augmentation.model_dump()),
        *(dataset.facts.input_shape, dataset.facts.classes, images),
        *(training.optimizer.name, training.loss.name),
    ]
    return Entry(
        way=_fingerprint(machine_name(), _torch(), [values[key] for key in _WAY]),
        work=_fingerprint(*parts, [values[key] for key in _WORK]),
        multiply_adds=each * training.batch_size,
        multiply_adds_of_evaluation=each * images,
        cost=cost,
    )


@cache
def _torch() -> str:
    return version("torch")


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
