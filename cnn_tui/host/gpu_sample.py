"""What is known of a GPU at one moment; light to import, unlike what asks for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSample:
    """One NVIDIA GPU, as in a row of ``device.jsonl``; unknown is None."""

    index: int
    uuid: str | None = None
    name: str | None = None
    utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None
