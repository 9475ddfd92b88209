"""Which of several processes that train one run this is, and how they are started."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from cnn_tui.errors import InputError
from cnn_tui.host.cuda import VISIBLE
from cnn_tui.text import printable

MAX_PROCESSES = 1024
_LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """The place of a process among those of a run, in torchrun's words."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """Among those on this host, of which there are ``local_size``."""
    local_size: int = 1


BY_ITSELF = Ranks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Devices of this machine that are to train one run, a process for each."""

    kind: str
    """cpu or cuda."""
    count: int
    gpus: tuple[int, ...] = ()
    """Which ones, as torch counts them."""

    def environment(self, visible: str | None) -> dict[str, str]:
        """Returns what processes need that are to see these devices, in this order.

        ``visible`` is what CUDA_VISIBLE_DEVICES says now.
        """
        if self.kind == "cpu":
            return {}
        known = visible.split(",") if visible else None
        chosen = [known[gpu] if known else str(gpu) for gpu in self.gpus]
        return {VISIBLE: ",".join(chosen)}


def ranks(environment: Mapping[str, str] = os.environ) -> Ranks:
    """Returns the place that a launcher such as torchrun gave to this process.

    Raises:
        InputError: if that is no place.
    """
    if not {"RANK", "WORLD_SIZE"} <= environment.keys():
        return BY_ITSELF
    values = {
        name: environment.get(key, default)
        for name, key, default in (
            ("rank", "RANK", ""),
            ("size", "WORLD_SIZE", ""),
            ("local_rank", "LOCAL_RANK", "0"),
            ("local_size", "LOCAL_WORLD_SIZE", "1"),
        )
    }
    if any(not re.fullmatch(r"[0-9]{1,4}", value) for value in values.values()):
        raise InputError(_no_place(values))
    place = Ranks(**{name: int(value) for name, value in values.items()})
    if not (place.rank < place.size and place.local_rank < place.local_size):
        raise InputError(_no_place(values))
    return place


def parse_devices(text: str, gpus: int) -> Devices:
    """Returns the devices meant by 4, cpu:2, or cuda:0,cuda:2, of ``gpus`` there are.

    Raises:
        InputError: if they are not there, or that means none.
    """
    if match := re.fullmatch(r"cpu:([0-9]{1,4})", text):
        return Devices(kind="cpu", count=_count(int(match[1])))
    if re.fullmatch(r"[0-9]{1,4}", text):
        chosen = list(range(_count(int(text))))
    elif re.fullmatch(r"cuda:[0-9]{1,3}(,cuda:[0-9]{1,3})*", text):
        chosen = [int(word.removeprefix("cuda:")) for word in text.split(",")]
    else:
        raise InputError(
            f"--devices {printable(text[:40])}: must be a number of GPUs, GPUs such as "
            "cuda:0,cuda:2, or processes on the CPU such as cpu:2"
        )
    if len(set(chosen)) < len(chosen):
        raise InputError(f"--devices {text}: names a device twice")
    if max(chosen) >= gpus:
        plural = "" if gpus == 1 else "s"
        raise InputError(
            f"--devices {text}: there are {gpus} GPU{plural} of NVIDIA's here"
            if gpus
            else f"--devices {text}: there is no GPU of NVIDIA's here; cpu:2 trains in "
            "2 processes on the CPU"
        )
    return Devices(kind="cuda", count=len(chosen), gpus=tuple(chosen))


def python_for(processes: int) -> list[str]:
    """Returns the command of Python, or of torchrun for several processes."""
    if processes == 1:
        return [sys.executable]
    return [sys.executable, *_LAUNCHER, str(processes)]


def _count(number: int) -> int:
    if not 1 <= number <= MAX_PROCESSES:
        raise InputError(f"--devices: must be from 1 to {MAX_PROCESSES}, not {number}")
    return number


def _no_place(values: Mapping[str, str]) -> str:
    return (
        f"RANK {printable(values['rank'][:20])} and LOCAL_RANK "
        f"{printable(values['local_rank'][:20])} of WORLD_SIZE "
        f"{printable(values['size'][:20])}: must be whole numbers from 0 to below the "
        "number of processes; start it with torchrun, or without these variables"
    )
