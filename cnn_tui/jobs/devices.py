"""The devices that jobs are dealt to: which are meant, and which are free."""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.errors import InputError
from cnn_tui.host import nvml
from cnn_tui.host.cuda import ORDER, VISIBLE, usable_gpus
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.host.hardware import core_count
from cnn_tui.io.files import ensure_directory
from cnn_tui.jobs.job import MOST_DEVICES
from cnn_tui.jobs.locks import try_lock
from cnn_tui.runs.queued import QUEUE
from cnn_tui.text import printable

_DEVICES = "devices"
_ALLOWED = "auto, or cpu, cpu:2 (two at a time), mps, cuda:0, cuda:1, … with commas"
_WORD = re.compile(r"mps|cpu(?::(?P<count>[0-9]{1,4}))?|cuda:(?P<gpu>[0-9]{1,4})")
_LITTLE_MEMORY_BYTES = 2**30
"""A GPU that nobody uses has some hundred MiB of its driver's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A place for one process that trains."""

    name: str
    """Unique on its host: ``cuda:1``, ``mps``, ``cpu-2`` for the second on the CPU."""
    kind: str
    """What it is to torch, without a number."""
    threads: int | None = None
    """The share of one of several on the CPU."""
    only_if_free: bool = False
    """Nobody named it, so it is left to whoever uses it."""

    @property
    def torch_name(self) -> str:
        """The name of the device in torch."""
        return "cpu" if self.kind == "cpu" else self.name


def parse_devices(text: str) -> list[Device]:
    """Returns the devices that ``--devices`` means: auto is all GPUs, or else one CPU.

    Raises:
        InputError: if it means none, one twice, or one that is not there.
    """
    if text == "auto":
        names = [f"cuda:{number}" for number in range(len(_gpus()))]
        free = [Device(name=n, kind="cuda", only_if_free=True) for n in names]
        return free or [Device(name="cpu-1", kind="cpu")]
    found = [device for word in text.split(",") for device in _meant(word.strip())]
    names = [device.name for device in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--devices {printable(text)}: names {name} twice")
    return found


def fits(device: Device, wanted: str) -> bool:
    """Whether a device is the one that ``training.device`` asks for."""
    return wanted in ("auto", device.kind, device.torch_name)


def is_free(device: Device) -> bool:
    """Whether nobody uses a device that is only taken if it is free."""
    if not device.only_if_free:
        return True
    gpus, number = _gpus(), int(device.name.removeprefix("cuda:"))
    return number < len(gpus) and nobody_uses(gpus[number])


def nobody_uses(gpu: GpuSample) -> bool:
    """Whether a GPU has no process of anybody's, and little memory in use."""
    used = gpu.memory_used_bytes
    return not nvml.compute_processes(gpu) and (
        used is None or used < _LITTLE_MEMORY_BYTES
    )


def take_device(runs_folder: Path, device: Device) -> int | None:
    """Takes the lock of a device of this host; None where another worker has it.

    Raises OSError.
    """
    folder = runs_folder / QUEUE / _DEVICES
    ensure_directory(folder)
    name = f"{socket.gethostname()}-{device.name}.lock".replace(":", "-")
    return try_lock(folder / name)


def environment_on(device: Device) -> dict[str, str]:
    """Returns what a training on a device has in its environment beside the rest."""
    if device.kind == "cuda":
        return dict([ORDER])
    return {} if device.threads is None else {"OMP_NUM_THREADS": str(device.threads)}


def _meant(word: str) -> list[Device]:
    match = _WORD.fullmatch(word)
    if match is None:
        raise InputError(f"--devices {printable(word)}: must be {_ALLOWED}")
    if word == "mps":
        return [Device(name=word, kind=word)]
    if match["gpu"] is None:
        return _on_cpu(int(match["count"] or 1))
    if nvml.is_open() and int(match["gpu"]) >= len(_gpus()):
        count = len(_gpus())
        raise InputError(f"--devices {word}: there is no such GPU, there are {count}")
    return [Device(name=word, kind="cuda")]


def _on_cpu(count: int) -> list[Device]:
    if not 1 <= count <= MOST_DEVICES:
        raise InputError(f"--devices cpu:{count}: must be from 1 to {MOST_DEVICES}")
    threads = max(1, core_count() // count) if count > 1 else None
    numbers = range(1, count + 1)
    return [Device(name=f"cpu-{n}", kind="cpu", threads=threads) for n in numbers]


def _gpus() -> list[GpuSample]:
    """Returns the GPUs under CUDA's numbers, in the order that trainings get."""
    return usable_gpus(nvml.gpus(), os.environ.get(VISIBLE))
