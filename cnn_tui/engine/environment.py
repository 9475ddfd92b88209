"""What a run ran on: versions, device, host, command line."""

import importlib.metadata
import platform
import subprocess
import sys
from typing import Any

import torch

from cnn_tui import __version__
from cnn_tui.config.dataset import DatasetConfig
from cnn_tui.engine.device import device_name, device_uuid
from cnn_tui.host import hardware, nvml
from cnn_tui.host.process import started_in

_GIT_SECONDS = 2
_EXACT_ONLY_WITH = ("torch", "cpu_capability", "threads", "device", "device_name")
_FOR_PICTURES_ALSO = ("pillow",)
_ON_CUDA_ALSO = ("gpu_driver", "cuda", "cudnn")


def describe_environment(device: torch.device, processes: int = 1) -> dict[str, Any]:
    """Returns the content of ``environment.json``; unknown is None."""
    return {
        "cnn_tui": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": importlib.metadata.version("numpy"),
        "pillow": importlib.metadata.version("pillow"),
        "platform": platform.platform(),
        "host": platform.node(),
        "cpu": hardware.cpu_name(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_count": hardware.cpu_count(),
        "threads": torch.get_num_threads(),
        "processes": processes,
        "device": str(device),
        "device_name": device_name(device),
        "device_uuid": device_uuid(device),
        "gpu_driver": nvml.driver_version(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        "command_line": sys.argv,
        "git_commit": _git_commit(),
    }


def differences(
    before: dict[str, Any], dataset: DatasetConfig, device: torch.device
) -> list[str]:
    """Returns what is not as it was, and may change the last digits."""
    environment = describe_environment(device)
    names = (
        *_EXACT_ONLY_WITH,
        *(_ON_CUDA_ALSO if device.type == "cuda" else ()),
        *(_FOR_PICTURES_ALSO if dataset.folder is not None else ()),
    )
    different = [
        f"{name} was {before[name]}, is {environment[name]}"
        for name in names
        if name in before and before[name] != environment[name]
    ]
    if dataset.found is not None and dataset.found.is_known_by_size:
        different.append(
            "of the npz file only its size was recorded, which is the same"
        )
    return different


def _git_commit() -> str | None:
    """Returns the commit of the repository that the run was started in."""
    try:
        result = subprocess.run(
            ["git", "-C", started_in(), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
