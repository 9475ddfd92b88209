"""How busy the machine is: GPUs, CPU and memory, each with a short history."""

from collections.abc import Callable, Sequence

from textual.content import Content

from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.runs.rank_devices import Together
from cnn_tui.runs.records import DeviceRow
from cnn_tui.text import mebibytes, printable, quantity
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.widgets.lines import Lines

_HISTORY_WIDTH = 12
_LABEL_WIDTH = 6
UNKNOWN = "unknown"


class DevicePane(Lines, can_focus=True):
    """The last device rows of a run."""

    BORDER_TITLE = "Device"

    def show_rows(
        self,
        rows: Sequence[DeviceRow],
        threads: int | None,
        glyphs: Glyphs,
        *,
        is_live: bool,
        together: Together | None = None,
    ) -> None:
        """Shows the newest row and what came before; ``threads`` of the training."""
        lines = device_lines(rows[-_HISTORY_WIDTH:], threads, glyphs)
        if together is not None:
            lines = [*together_lines(together), *lines]
        self.show(lines if is_live or not rows else _past(lines, rows[-1]))


def device_lines(
    rows: Sequence[DeviceRow], threads: int | None, glyphs: Glyphs
) -> list[Content]:
    """Returns what the rows, oldest first, say in words."""
    if not rows:
        return [Content.styled("no sample yet", "$foreground 60%")]
    lines = []
    for index, gpu in enumerate(rows[-1].gpus):
        lines += _gpu_lines(gpu, _history(rows, _utilization_of(index)), glyphs)
    if not rows[-1].gpus:
        lines.append(_line("GPU", ("none", "$foreground 60%")))
    return lines + _host_lines(rows, threads, glyphs)


def together_lines(together: Together) -> list[Content]:
    """Returns what the processes of a run do together, and each beside the leader."""
    speed, dim = together.images_per_second, "$foreground 60%"
    whole = UNKNOWN if speed is None else f"{quantity(speed)} img/s"
    lines = [_line("Ranks", (f"{together.processes}", "bold"), (whole, ""))]
    if (efficiency := together.efficiency) is not None:
        said = f"of {together.processes} × one device, measured"
        lines.append(_line("", (f"{efficiency:.0%}", "bold"), (said, dim)))
    for rank, row in sorted(together.ranks.items()):
        device = row.device or UNKNOWN
        own = row.gpus[0] if row.gpus and device.startswith("cuda") else None
        percent = own.utilization_percent if own else row.process_cpu_percent
        lines.append(
            _line(
                f" {rank}",
                (printable(device), dim),
                (_percent(percent), ""),
                (mebibytes(row.process_memory_bytes), ""),
                (printable(row.host or ""), dim),
            )
        )
    return lines


def _past(lines: Sequence[Content], last: DeviceRow) -> list[Content]:
    """Returns lines that do not look as if they were of this moment."""
    seen = f"last seen {last.at:%Y-%m-%d %H:%M:%S}"
    dimmed = [Content.styled(line.plain, "$foreground 60%") for line in lines]
    return [Content.styled(seen, "$text-warning"), *dimmed]


def _gpu_lines(
    gpu: GpuSample, history: Sequence[float | None], glyphs: Glyphs
) -> list[Content]:
    memory = _of(gpu.memory_used_bytes, gpu.memory_total_bytes)
    return [
        _line(f"GPU {gpu.index}", (printable(gpu.name or UNKNOWN), "bold")),
        _line(
            "",
            (_percent(gpu.utilization_percent), ""),
            (glyphs.sparkline(history, _HISTORY_WIDTH), "$accent"),
            (_unit(gpu.temperature_celsius, "°C"), ""),
            (_unit(gpu.power_watts, "W"), ""),
        ),
        _line("", ("memory", "$foreground 60%"), (memory, "")),
    ]


def _host_lines(
    rows: Sequence[DeviceRow], threads: int | None, glyphs: Glyphs
) -> list[Content]:
    row = rows[-1]
    history = glyphs.sparkline(
        _history(rows, lambda row: row.cpu_percent), _HISTORY_WIDTH
    )
    host = _of(row.host_memory_used_bytes, row.host_memory_total_bytes)
    return [
        _line("CPU", (_percent(row.cpu_percent), ""), (history, "$accent")),
        _line(
            "",
            ("this run", "$foreground 60%"),
            (_percent(row.process_cpu_percent), ""),
            (mebibytes(row.process_memory_bytes), ""),
            (f"{threads or UNKNOWN} thread{'' if threads == 1 else 's'}", ""),
        ),
        _line("RAM", (host, "")),
    ]


def _line(label: str, *parts: tuple[str, str]) -> Content:
    spaced = [part for text in parts for part in (("  ", ""), text)][1:]
    return Content.assemble((f"{label:<{_LABEL_WIDTH}}", "$foreground 60%"), *spaced)


def _history(
    rows: Sequence[DeviceRow], percent_of: Callable[[DeviceRow], float | None]
) -> list[float | None]:
    """Returns percentages as 0…1."""
    percents = [percent_of(row) for row in rows]
    return [None if percent is None else percent / 100 for percent in percents]


def _utilization_of(index: int) -> Callable[[DeviceRow], float | None]:
    def utilization(row: DeviceRow) -> float | None:
        return row.gpus[index].utilization_percent if index < len(row.gpus) else None

    return utilization


def _percent(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:4.0f} %"


def _unit(value: float | None, unit: str) -> str:
    return f"{UNKNOWN if value is None else f'{value:.0f}'} {unit}"


def _of(used_bytes: int | None, total_bytes: int | None) -> str:
    if used_bytes is None and total_bytes is None:
        return UNKNOWN
    return f"{mebibytes(used_bytes)} of {mebibytes(total_bytes)}"
