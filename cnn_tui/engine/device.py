"""Choosing a device, and whether a model fits on it."""

import psutil
import torch

from cnn_tui.config import RunConfig, layer_table
from cnn_tui.errors import DeviceError
from cnn_tui.text import count, mebibytes

_BYTES_PER_VALUE = 4
_STATES_PER_PARAMETER = {"sgd": 1, "adam": 2, "adamw": 2, "rmsprop": 2}


def pick_device(wanted: str) -> torch.device:
    """Returns the device meant by auto, cpu, mps, cuda or cuda:N.

    Raises:
        DeviceError: if it is not there.
    """
    if wanted == "auto":
        wanted = next((name for name in ("cuda", "mps") if _is_there(name)), "cpu")
    if not _is_there(wanted):
        raise DeviceError(f"there is no device {wanted} here; there is {_available()}")
    return torch.device("cuda:0" if wanted == "cuda" else wanted)


def device_name(device: torch.device) -> str | None:
    """Returns the name of a GPU; None for a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else None


def device_uuid(device: torch.device) -> str | None:
    """Returns the UUID of a CUDA device as NVML writes it."""
    if device.type != "cuda":
        return None
    uuid = str(torch.cuda.get_device_properties(device).uuid)
    return uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"


def synchronize(device: torch.device) -> None:
    """Waits until the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def check_memory(config: RunConfig, device: torch.device) -> None:
    """Refuses a model that cannot fit, before anything is allocated.

    Counts weights, gradients and optimizer state, and the activations of one batch,
    which are kept for the backward pass.

    Raises:
        DeviceError: with the sizes, and what to lower.
    """
    table, training = layer_table(config), config.training
    copies = 2 + _STATES_PER_PARAMETER[training.optimizer.name]
    weights_bytes = table.parameters * copies * _BYTES_PER_VALUE
    activations_bytes = table.activations * training.batch_size * _BYTES_PER_VALUE
    free_bytes = _free_bytes(device)
    if weights_bytes + activations_bytes > free_bytes:
        raise DeviceError(
            f"the model is too large for {device}: its {count(table.parameters)} "
            f"parameters need {mebibytes(weights_bytes)}, a batch of "
            f"{training.batch_size} needs {mebibytes(activations_bytes)}, and "
            f"{mebibytes(free_bytes)} are free; lower batch_size or the layers' sizes"
        )


def _is_there(name: str) -> bool:
    if name.startswith("cuda"):
        index = int(name.partition(":")[2] or 0)
        return torch.cuda.is_available() and index < torch.cuda.device_count()
    return name == "cpu" or (name == "mps" and torch.backends.mps.is_available())


def _available() -> str:
    cuda = [f"cuda:{n}" for n in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return ", ".join([*cuda, *mps, "cpu"])


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)
