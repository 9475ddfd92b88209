"""What the machine is and how busy."""

import os
import platform
import re
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from cnn_tui.host import nvml
from cnn_tui.host.cuda import is_same_gpu


class HardwareSampler:
    """Samples host and GPUs; CPU percentages are over the time since the last sample.

    ``first_uuid`` is the GPU that trains, as CUDA names it: it is listed first.
    """

    def __init__(self, first_uuid: str | None = None) -> None:
        """Starts the CPU clocks, so that the first sample has a span to cover."""
        self._process = psutil.Process()
        self._first_uuid = first_uuid
        self._process.cpu_percent()
        psutil.cpu_percent()

    def sample(self) -> dict[str, Any]:
        """Returns one row of ``device.jsonl`` without its time."""
        memory = psutil.virtual_memory()
        found = nvml.gpus()
        found.sort(
            key=lambda gpu: (not is_same_gpu(gpu.uuid, self._first_uuid), gpu.index)
        )
        return {
            "cpu_percent": psutil.cpu_percent(),
            "process_cpu_percent": self._process.cpu_percent(),
            "process_memory_bytes": self._process.memory_info().rss,
            "host_memory_used_bytes": memory.total - memory.available,
            "host_memory_total_bytes": memory.total,
            "gpus": found,
        }


def cpu_name() -> str:
    """Returns the processor's name as the system gives it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.processor() or platform.machine()


@cache
def machine_name() -> str:
    """Returns what tells this machine from one that computes at another speed."""
    gpus = [gpu.name or "a GPU" for gpu in nvml.gpus()]
    return "; ".join([f"{cpu_name()}, {cpu_count()} CPUs", *gpus])


def core_count() -> int:
    """Returns how many cores this process may use: two CPUs may share one."""
    return min(cpu_count(), psutil.cpu_count(logical=False) or 1)


def cpu_count() -> int:
    """Returns how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
