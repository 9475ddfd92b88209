"""Choosing a device, whether it works, and whether a model fits on it."""

import gc
import warnings

import psutil
import torch

from cnn_tui.config import RunConfig, layer_table
from cnn_tui.errors import DeviceBusyError, DeviceError
from cnn_tui.host import nvml
from cnn_tui.text import count, mebibytes, printable

_BYTES_PER_VALUE = 4
_STATES_PER_PARAMETER = {"sgd": 1, "adam": 2, "adamw": 2, "rmsprop": 2}
_BATCHES_BYTES = 2**30
"""For batches that are made ahead, an evaluation, and cuDNN's own."""
_OUT_OF_MEMORY = (
    "can't allocate memory",  # torch, on the CPU
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "MPS backend out of memory",
)


def pick_device(wanted: str) -> torch.device:
    """Returns the device meant by auto, cpu, mps, cuda or cuda:N, once it has computed.

    Raises:
        DeviceError: if it is not there.
        DeviceBusyError: if it is there, and does not work.
    """
    if wanted == "auto":
        wanted = next((name for name in ("cuda", "mps") if _is_there(name)), "cpu")
    if not _is_there(wanted):
        why = why_unused() if wanted.startswith("cuda") else None
        raise DeviceError(
            f"there is no device {printable(wanted)} here; "
            f"there is {', '.join(_names())}" + (f": {why}" if why else "")
        )
    device = torch.device("cuda:0" if wanted == "cuda" else wanted)
    if device.type != "cpu":
        _try(device)
    return device


def usable_devices() -> list[str]:
    """Returns the devices of this machine that torch knows, with their names."""
    return [device_label(torch.device(name)) for name in _names()]


def why_unused() -> str | None:
    """Returns why torch uses no GPU of NVIDIA's though there is one; else None."""
    gpus = nvml.gpus()
    if not gpus or _is_there("cuda"):
        return None
    reason = "CUDA_VISIBLE_DEVICES hides it"
    try:
        torch.cuda.current_device()
    except (AssertionError, RuntimeError) as error:
        reason = first_line(error)
    name = printable(gpus[0].name or "a GPU")
    return f"the driver shows {name}, but torch cannot use it: {printable(reason)}"


def has_amx() -> bool | None:
    """Returns whether this CPU has AMX for bfloat16; None if this torch cannot tell."""
    capabilities = getattr(torch.cpu, "get_capabilities", None)  # not in 2.9
    if capabilities is None:
        return None
    found = capabilities()
    return bool(found.get("amx_tile") and found.get("amx_bf16"))


def device_name(device: torch.device) -> str | None:
    """Returns the name of a GPU; None for a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else None


def device_label(device: torch.device) -> str:
    """Returns a device with its name: "cuda:0 (NVIDIA H100)"."""
    name = device_name(device)
    return f"{device} ({printable(name)})" if name else str(device)


def device_uuid(device: torch.device) -> str | None:
    """Returns the UUID of a CUDA device, as CUDA writes it."""
    if device.type != "cuda":
        return None
    return str(torch.cuda.get_device_properties(device).uuid)


def synchronize(device: torch.device) -> None:
    """Waits until the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def release_memory() -> None:
    """Gives back the GPU memory of what is no longer used, for other processes."""
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Tells whether an error is for want of memory, on whatever device."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in str(error) for words in _OUT_OF_MEMORY)
    )


def first_line(error: BaseException) -> str:
    """Returns what an error says, in one line; torch adds advice for programmers."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def check_memory(config: RunConfig, device: torch.device) -> None:
    """Refuses a model that cannot fit, before anything is allocated.

    Counts weights, their average, gradients and optimizer state, and the activations of
    one batch, or of one slice of it, which are kept for the backward pass.

    Raises:
        DeviceBusyError: with the sizes, and what to lower.
    """
    weights_bytes, activations_bytes = _model_bytes(config)
    free_bytes = _free_bytes(device)
    if weights_bytes + activations_bytes > free_bytes:
        raise DeviceBusyError(
            f"the model is too large for {device}: its "
            f"{count(layer_table(config).parameters)} "
            f"parameters need {mebibytes(weights_bytes)}, a batch of "
            f"{config.training.slice_size} needs {mebibytes(activations_bytes)}, and "
            f"{mebibytes(free_bytes)} are free; lower batch_size or the layers' sizes, "
            "or raise gradient_accumulation"
        )


def room_for_images(config: RunConfig, device: torch.device) -> int | None:
    """Returns how many bytes a GPU has free for images, beside the model and batches.

    None: they are in this machine's memory anyway.
    """
    if device.type != "cuda":
        return None
    return max(0, _free_bytes(device) - sum(_model_bytes(config)) - _BATCHES_BYTES)


def _try(device: torch.device) -> None:
    """Computes something: a GPU that is listed may be taken, lost or unsupported."""
    try:
        torch.ones(1, device=device).add_(1).item()
    except RuntimeError as error:
        raise DeviceBusyError(
            f"{device_label(device)} cannot be used: {first_line(error)}; if it failed "
            "while cnn-tui was open, start cnn-tui anew"
        ) from error


def _is_there(name: str) -> bool:
    if name.startswith("cuda"):
        with warnings.catch_warnings(action="ignore"):  # why_unused says it
            return torch.cuda.is_available() and name in ("cuda", *_names())
    return name == "cpu" or (name == "mps" and torch.backends.mps.is_available())


def _names() -> list[str]:
    cuda = [f"cuda:{n}" for n in range(torch.cuda.device_count())]
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def _model_bytes(config: RunConfig) -> tuple[int, int]:
    """Returns what weights and their like need, and what the activations of a batch."""
    table, training = layer_table(config), config.training
    copies = 2 + _STATES_PER_PARAMETER[training.optimizer.name]
    copies += training.ema_decay is not None
    return (
        table.parameters * copies * _BYTES_PER_VALUE,
        table.activations * training.slice_size * _BYTES_PER_VALUE,
    )


def _free_bytes(device: torch.device) -> int:
    if device.type != "cuda":
        return int(psutil.virtual_memory().available)
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + cached
