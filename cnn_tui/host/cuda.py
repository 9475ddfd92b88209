"""Which of the driver's GPUs CUDA uses, and under which numbers."""

from collections.abc import Sequence

from cnn_tui.host.gpu_sample import GpuSample

ORDER = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
"""CUDA's numbers are the driver's only with this; by default the fastest is first."""
VISIBLE = "CUDA_VISIBLE_DEVICES"


def usable_gpus(gpus: Sequence[GpuSample], visible: str | None) -> list[GpuSample]:
    """Returns the GPUs that CUDA numbers, in its order: cuda:N is the Nth of them.

    ``visible`` is CUDA_VISIBLE_DEVICES: numbers, or beginnings of UUIDs; nothing after
    an unknown or repeated one counts (CUDA programming guide, environment variables).
    CUDA takes one instance of a partitioned GPU at most.
    """
    if visible is None:
        numbers = sorted({gpu.index for gpu in gpus})
        return [next(gpu for gpu in gpus if gpu.index == number) for number in numbers]
    found: list[GpuSample] = []
    for word in visible.split(","):
        gpu = _meant(word.strip(), gpus)
        if gpu is None or gpu in found:
            break
        found.append(gpu)
    return found


def is_same_gpu(first: str | None, second: str | None) -> bool:
    """Whether two UUIDs are of one GPU: CUDA's are the driver's without a prefix."""
    return first is not None and second is not None and _bare(first) == _bare(second)


def _meant(word: str, gpus: Sequence[GpuSample]) -> GpuSample | None:
    if word.isdecimal():
        return next((gpu for gpu in gpus if gpu.index == int(word)), None)
    matching = [gpu for gpu in gpus if word and (gpu.uuid or "").startswith(word)]
    return matching[0] if len(matching) == 1 else None


def _bare(uuid: str) -> str:
    return uuid.removeprefix("GPU-").removeprefix("MIG-").lower()
