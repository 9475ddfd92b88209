"""What the machine is and how busy: psutil for the host, NVML for GPUs.

Nothing here raises for a missing driver or an unknown value, and nothing is invented:
unknown is None, no GPU is an empty list.
"""

import os
import platform
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pynvml


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSample:
    """One NVIDIA GPU at one moment."""

    index: int
    uuid: str | None
    name: str | None
    utilization_percent: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    temperature_celsius: float | None
    power_watts: float | None


class HardwareSampler:
    """Samples host and GPUs; CPU percentages are over the time since the last sample.

    ``first_uuid`` is the GPU that trains, as CUDA names it: it is listed first, because
    CUDA and NVML number GPUs differently.
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
        found = gpus()
        found.sort(key=lambda gpu: (gpu.uuid != self._first_uuid, gpu.index))
        return {
            "cpu_percent": psutil.cpu_percent(),
            "process_cpu_percent": self._process.cpu_percent(),
            "process_memory_bytes": self._process.memory_info().rss,
            "host_memory_used_bytes": memory.total - memory.available,
            "host_memory_total_bytes": memory.total,
            "gpus": [asdict(gpu) for gpu in found],
        }


def gpus() -> list[GpuSample]:
    """Returns the NVIDIA GPUs that the driver shows; none without a driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        count = _known(pynvml.nvmlDeviceGetCount) or 0
        handles = [_known(pynvml.nvmlDeviceGetHandleByIndex, n) for n in range(count)]
        return [_gpu(n, handle) for n, handle in enumerate(handles) if handle]
    finally:
        pynvml.nvmlShutdown()


def gpu_driver() -> str | None:
    """Returns the version of the NVIDIA driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        version = _known(pynvml.nvmlSystemGetDriverVersion)
        return None if version is None else str(version)
    finally:
        pynvml.nvmlShutdown()


def cpu_name() -> str:
    """Returns the processor's name as the system gives it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.processor() or platform.machine()


def cpu_count() -> int:
    """Returns how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gpu(index: int, handle: Any) -> GpuSample:
    memory = _known(pynvml.nvmlDeviceGetMemoryInfo, handle)
    usage = _known(pynvml.nvmlDeviceGetUtilizationRates, handle)
    milliwatts = _known(pynvml.nvmlDeviceGetPowerUsage, handle)
    return GpuSample(
        index=index,
        uuid=_known(pynvml.nvmlDeviceGetUUID, handle),
        name=_known(pynvml.nvmlDeviceGetName, handle),
        utilization_percent=None if usage is None else usage.gpu,
        memory_used_bytes=None if memory is None else memory.used,
        memory_total_bytes=None if memory is None else memory.total,
        temperature_celsius=_known(
            pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU
        ),
        power_watts=None if milliwatts is None else milliwatts / 1000,
    )


def _known(query: Callable[..., Any], *arguments: Any) -> Any:
    """Asks NVML; None for what this GPU or driver does not tell."""
    try:
        return query(*arguments)
    except pynvml.NVMLError:
        return None
