"""What the driver of NVIDIA's GPUs says, and that nothing else is said of them."""

import os

import pytest

from cnn_tui.host import nvml
from cnn_tui.host.hardware import HardwareSampler


@pytest.mark.skipif(
    os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU by NVIDIA"
)
def test_without_a_driver_no_gpu_is_invented() -> None:
    assert nvml.gpus() == []
    assert nvml.driver_version() is None
    assert HardwareSampler("GPU-1").sample()["gpus"] == []
