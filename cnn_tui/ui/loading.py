"""What the new-run screen reads after its first paint: presets and hardware."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cnn_tui.config import InvalidConfigError
from cnn_tui.errors import ConfigError
from cnn_tui.host import hardware, nvml
from cnn_tui.host.cuda import VISIBLE, usable_gpus
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.presets.files import PresetFile
from cnn_tui.presets.read import read_preset
from cnn_tui.text import printable
from cnn_tui.ui.data_source import Source
from cnn_tui.ui.draft import restore_draft
from cnn_tui.ui.field_values import choices
from cnn_tui.ui.form_fields import KEYS
from cnn_tui.ui.widgets.preset_list import PresetItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a run could train."""

    summary: str
    choices: Mapping[str, Sequence[str]]
    """The values of the fields that have few of them."""


def read_item(
    file: PresetFile, edits: Mapping[str, str], looked_at: Source | None = None
) -> PresetItem:
    """Reads a preset, with what was typed over it; an error is part of the result.

    ``looked_at`` is what the typed path to images means, if that is known.
    """
    try:
        preset = read_preset(file)
    except InvalidConfigError as error:
        return PresetItem(file=file, error="\n".join(error.lines))
    except ConfigError as error:
        return PresetItem(file=file, error=str(error))
    draft = restore_draft(preset, edits)
    if looked_at is not None:
        draft = replace(draft, looked_at=looked_at)
    return PresetItem(file=file, draft=draft)


def read_machine() -> Machine:
    """Looks for GPUs and lists the devices to choose from."""
    gpus = usable_gpus(nvml.gpus(), os.environ.get(VISIBLE))
    devices = ["auto", "cpu", *(f"cuda:{number}" for number in range(len(gpus)))]
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        devices.append("mps")
    few = {key: values for key in KEYS if (values := choices(key))}
    return Machine(
        summary=f"CPU · {hardware.cpu_count()} cores · {_gpu_summary(gpus)}",
        choices={**few, "training.device": devices},
    )


def _gpu_summary(gpus: Iterable[GpuSample]) -> str:
    """Names the GPUs: by their numbers, or how many where all are the same."""
    names = [printable(gpu.name or "GPU of unknown name") for gpu in gpus]
    if not names:
        return "GPU: none"
    if len(names) > 1 and len(set(names)) == 1:
        return f"{len(names)} × {names[0]}"
    return " · ".join(f"cuda:{number} {name}" for number, name in enumerate(names))
