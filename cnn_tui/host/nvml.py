"""The NVIDIA GPUs of this machine, as their driver's NVML shows them.

Nothing here raises for a missing driver or an unknown value, and nothing is invented:
unknown is None, no GPU is an empty list.
"""

import functools
from collections.abc import Callable
from typing import Any

import pynvml

from cnn_tui.host.gpu_sample import GpuSample


@functools.cache
def is_open() -> bool:
    """Opens NVML for as long as this process lives, and tells whether it is there.

    It is looked for once: opening it takes longer than a sample, and who installs a
    driver starts the program anew.
    """
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return False
    return True


def gpus() -> list[GpuSample]:
    """Returns the NVIDIA GPUs that the driver shows; none without a driver.

    Of one that is partitioned (MIG) these are its instances, under its number.
    """
    count = _known(pynvml.nvmlDeviceGetCount) or 0
    handles = [_known(pynvml.nvmlDeviceGetHandleByIndex, n) for n in range(count)]
    return [
        _gpu(n, part)
        for n, handle in enumerate(handles)
        if handle
        for part in _instances(handle) or [handle]
    ]


def compute_processes(gpu: GpuSample) -> int | None:
    """Returns how many processes of anybody's compute on a GPU."""
    handle = _known(pynvml.nvmlDeviceGetHandleByUUID, gpu.uuid)
    found = handle and _known(pynvml.nvmlDeviceGetComputeRunningProcesses, handle)
    return None if found is None else len(found)


def driver_version() -> str | None:
    """Returns the version of the NVIDIA driver."""
    version = _known(pynvml.nvmlSystemGetDriverVersion)
    return None if version is None else str(version)


def _instances(handle: Any) -> list[Any]:
    mode = _known(pynvml.nvmlDeviceGetMigMode, handle)
    if mode is None or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return []
    count = _known(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0
    get_instance = pynvml.nvmlDeviceGetMigDeviceHandleByIndex
    instances = [_known(get_instance, handle, n) for n in range(count)]
    return [instance for instance in instances if instance]


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
    """Asks NVML; None for what this GPU or driver does not tell, or without one."""
    if not is_open():
        return None
    try:
        return query(*arguments)
    except pynvml.NVMLError:
        return None
