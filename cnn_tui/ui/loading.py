"""What the new-run screen reads after its first paint: presets and hardware."""

import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cnn_tui.config import InvalidConfigError
from cnn_tui.errors import ConfigError
from cnn_tui.host import hardware, nvml
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.presets.files import PresetFile
from cnn_tui.presets.read import read_preset
from cnn_tui.text import printable
from cnn_tui.ui.draft import choices, restore_draft
from cnn_tui.ui.form_fields import KEYS
from cnn_tui.ui.widgets.preset_list import PresetItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a run could train."""

    summary: str
    choices: Mapping[str, Sequence[str]]
    """The values of the fields that have few of them."""


def read_item(file: PresetFile, edits: Mapping[str, str]) -> PresetItem:
    """Reads a preset, with what was typed over it; an error is part of the result."""
    try:
        preset = read_preset(file)
    except InvalidConfigError as error:
        return PresetItem(file=file, error="\n".join(error.lines))
    except ConfigError as error:
        return PresetItem(file=file, error=str(error))
    return PresetItem(file=file, draft=restore_draft(preset, edits))


def read_machine() -> Machine:
    """Looks for GPUs and lists the devices to choose from."""
    gpus = nvml.gpus()
    devices = ["auto", "cpu", *(f"cuda:{gpu.index}" for gpu in gpus)]
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        devices.append("mps")
    few = {key: values for key in KEYS if (values := choices(key))}
    return Machine(
        summary=f"CPU · {hardware.cpu_count()} cores · {_gpu_summary(gpus)}",
        choices={**few, "training.device": devices},
    )


def _gpu_summary(gpus: Iterable[GpuSample]) -> str:
    names = Counter(printable(gpu.name or "GPU of unknown name") for gpu in gpus)
    if not names:
        return "GPU: none"
    if names.total() == 1:
        return f"GPU 0 {next(iter(names))}"
    return " · ".join(f"{number} × {name}" for name, number in names.items())
