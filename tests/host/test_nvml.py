"""What the driver of NVIDIA's GPUs says, and that nothing else is said of them."""

import os
from collections.abc import Iterator

import pynvml
import pytest

from cnn_tui.host import nvml
from cnn_tui.host.hardware import HardwareSampler


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Counts how often a driver is opened and closed from now on."""
    found: list[str] = []

    def counted(name: str) -> None:
        original = getattr(pynvml, name)

        def call() -> None:
            found.append(name)
            original()

        monkeypatch.setattr(pynvml, name, call)

    counted("nvmlInit")
    counted("nvmlShutdown")
    nvml.is_open.cache_clear()
    yield found
    nvml.is_open.cache_clear()


@pytest.mark.skipif(
    os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU by NVIDIA"
)
def test_without_a_driver_no_gpu_is_invented() -> None:
    assert nvml.gpus() == []
    assert nvml.driver_version() is None
    assert HardwareSampler("GPU-1").sample()["gpus"] == []


def test_a_driver_is_opened_or_missed_once(openings: list[str]) -> None:
    sampler = HardwareSampler()
    for _ in range(3):
        sampler.sample()
    nvml.driver_version()
    assert openings == ["nvmlInit"]
