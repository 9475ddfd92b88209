"""cuda:N is the GPU that CUDA numbers so, whatever the driver's order."""

from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from cnn_tui.host import nvml
from cnn_tui.host.cuda import is_same_gpu, usable_gpus
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.host.hardware import HardwareSampler

UUIDS = ("GPU-aa11", "GPU-ab22", "GPU-cc33")
PART = "MIG-ee55"
GPUS = [GpuSample(index=number, uuid=uuid) for number, uuid in enumerate(UUIDS)]


@pytest.mark.parametrize(
    ("visible", "numbers"),
    [
        (None, [0, 1, 2]),
        ("0,1,2", [0, 1, 2]),
        ("2,0", [2, 0]),
        (" 1 ", [1]),
        ("GPU-cc33,GPU-aa", [2, 0]),
        ("GPU-a", []),  # two begin so
        ("", []),
        ("-1", []),
        ("1,7,2", [1]),
        ("1,1", [1]),
    ],
)
def test_cuda_takes_what_is_visible_in_that_order(
    visible: str | None, numbers: list[int]
) -> None:
    assert [gpu.index for gpu in usable_gpus(GPUS, visible)] == numbers


def test_of_a_partitioned_gpu_cuda_takes_one_instance() -> None:
    parts = [GpuSample(index=0, uuid=f"MIG-{n}") for n in range(2)]
    assert usable_gpus(parts, None) == parts[:1]
    assert usable_gpus(parts, "MIG-1") == parts[1:]


def test_cuda_and_the_driver_write_one_uuid_in_two_ways() -> None:
    assert is_same_gpu("aa11", "GPU-AA11")
    assert is_same_gpu("MIG-aa11", "aa11")
    assert not is_same_gpu("aa11", "GPU-ab22")
    assert not is_same_gpu(None, None)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver with three GPUs, of which the last is partitioned into one instance."""

    def uuid(handle: str) -> str:
        return PART if handle == "part" else UUIDS[int(handle)]

    def answer(name: str, function: Any) -> None:
        monkeypatch.setattr(pynvml, f"nvmlDeviceGet{name}", function)

    monkeypatch.setattr(nvml, "is_open", lambda: True)
    answer("Count", lambda: 3)
    answer("HandleByIndex", str)
    answer("UUID", uuid)
    answer("Name", lambda handle: f"card {handle}")
    answer("MigMode", lambda handle: (int(handle == "2"), 0))
    answer("MaxMigDeviceCount", lambda handle: 7)
    answer("MigDeviceHandleByIndex", _only_first)
    answer("MemoryInfo", lambda handle: SimpleNamespace(used=1, total=2))
    for name in ("UtilizationRates", "PowerUsage", "Temperature"):
        answer(name, _lost)


def _only_first(handle: str, number: int) -> str:
    if number:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
    return "part"


def _lost(*arguments: object) -> None:
    raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)


@pytest.mark.usefixtures("driver")
def test_the_driver_shows_gpus_and_instances_and_invents_nothing() -> None:
    assert nvml.gpus() == [
        GpuSample(index=0, uuid=UUIDS[0], name="card 0", **KNOWN),
        GpuSample(index=1, uuid=UUIDS[1], name="card 1", **KNOWN),
        GpuSample(index=2, uuid=PART, name="card part", **KNOWN),
    ]


KNOWN: dict[str, Any] = {"memory_used_bytes": 1, "memory_total_bytes": 2}


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize(("uuid", "first"), [("ab22", UUIDS[1]), ("ee55", PART)])
def test_the_gpu_that_trains_is_listed_first(uuid: str, first: str) -> None:
    assert HardwareSampler(uuid).sample()["gpus"][0].uuid == first
