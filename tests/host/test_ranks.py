"""Which devices are meant, and which of several processes this is."""

import pytest

from cnn_tui.errors import InputError
from cnn_tui.host.ranks import Devices, Ranks, parse_devices, ranks


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        ("2", Devices(kind="cuda", count=2, gpus=(0, 1))),
        ("cuda:0,cuda:2", Devices(kind="cuda", count=2, gpus=(0, 2))),
        ("cuda:1", Devices(kind="cuda", count=1, gpus=(1,))),
        ("cpu:4", Devices(kind="cpu", count=4)),
    ],
)
def test_devices_are_a_number_a_list_or_processes(text: str, devices: Devices) -> None:
    assert parse_devices(text, gpus=3) == devices


@pytest.mark.parametrize(
    ("text", "gpus", "sentence"),
    [
        ("2", 0, "there is no GPU of NVIDIA's here; cpu:2 trains in 2 processes"),
        ("2", 1, "there are 1 GPU of NVIDIA's here"),
        ("cuda:0,cuda:3", 3, "there are 3 GPUs of NVIDIA's here"),
        ("cuda:0,cuda:0", 3, "names a device twice"),
        ("0", 3, "must be from 1 to 1024, not 0"),
        ("cpu:0", 3, "must be from 1 to 1024, not 0"),
        ("cpu", 3, "must be a number of GPUs"),
        ("gpu:\x1b[1m", 3, "must be a number of GPUs"),
    ],
)
def test_devices_that_are_not_there_are_refused(
    text: str, gpus: int, sentence: str
) -> None:
    with pytest.raises(InputError) as refused:
        parse_devices(text, gpus)
    assert sentence in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_processes_see_their_gpus_alone() -> None:
    devices = parse_devices("cuda:0,cuda:2", gpus=3)
    assert devices.environment(None) == {"CUDA_VISIBLE_DEVICES": "0,2"}
    assert devices.environment("5,6,GPU-7") == {"CUDA_VISIBLE_DEVICES": "5,GPU-7"}
    assert parse_devices("cpu:2", gpus=3).environment(None) == {}


def test_a_launcher_tells_which_process_it_is() -> None:
    assert ranks({}) == ranks({"RANK": "3"}) == Ranks()
    told = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    assert ranks(told) == Ranks(rank=5, size=8, local_rank=1, local_size=4)
    for key, value in (("RANK", "8"), ("WORLD_SIZE", "many"), ("LOCAL_RANK", "4")):
        with pytest.raises(InputError, match="must be whole numbers"):
            ranks(told | {key: value})
