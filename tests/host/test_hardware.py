"""What the machine says of itself."""

import os

import psutil

from cnn_tui.host import hardware


def test_a_sample_is_a_row_of_the_format() -> None:
    row = hardware.HardwareSampler().sample()
    assert list(row) == [
        *("cpu_percent", "process_cpu_percent", "process_memory_bytes"),
        *("host_memory_used_bytes", "host_memory_total_bytes", "gpus"),
    ]
    assert row["host_memory_total_bytes"] == psutil.virtual_memory().total
    assert 0 < row["process_memory_bytes"] < row["host_memory_total_bytes"]
    assert 0 < row["host_memory_used_bytes"] < row["host_memory_total_bytes"]


def test_the_processor_has_a_name_and_a_number() -> None:
    assert hardware.cpu_name()
    assert 1 <= hardware.cpu_count() <= (os.cpu_count() or 1)
