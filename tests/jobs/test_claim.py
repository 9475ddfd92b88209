"""Whose a job is."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnn_tui.errors import InputError
from cnn_tui.host import nvml
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.jobs import (
    add_job,
    encode_job,
    is_at_work,
    pause_queue,
    read_claimed,
    read_queue,
    resume_queue,
)
from cnn_tui.jobs.claim import Claim, claim, finish, has_work, release
from cnn_tui.jobs.devices import Device, nobody_uses, parse_devices, take_device
from cnn_tui.jobs.presence import at_work
from tests.jobs.making import make_job

_CLAIM_ALL = """
import sys
from pathlib import Path
from cnn_tui.jobs.claim import claim
sys.stdin.readline()
while taken := claim(Path(sys.argv[1]), lambda job: True):
    print(taken.run_id)
print("done", flush=True)
sys.stdin.read()
"""


def take(runs: Path) -> Claim:
    """Claims the next job, which there must be."""
    taken = claim(runs, lambda job: True)
    assert taken is not None
    return taken


def test_two_workers_claim_each_job_once(tmp_path: Path) -> None:
    ids = [add_job(tmp_path, make_job()) for _ in range(20)]
    words = [sys.executable, "-c", _CLAIM_ALL, str(tmp_path)]
    racing = [
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in racing:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said: list[str] = []
    for process in racing:
        assert process.stdout
        said += iter(process.stdout.readline, "done\n")
    for process in racing:  # their claims are free from here on
        process.communicate()
    assert sorted(line.strip() for line in said) == sorted(ids)


def test_a_claim_is_free_when_its_holder_is_gone(tmp_path: Path) -> None:
    first, second = (add_job(tmp_path, make_job(name)) for name in "ab")
    taken = take(tmp_path)
    other = take(tmp_path)
    assert [taken.run_id, other.run_id] == [first, second]
    assert claim(tmp_path, lambda job: True) is None
    release(taken)
    assert take(tmp_path).run_id == first
    assert [job.run_id for job in read_claimed(tmp_path)] == [first, second]


def test_a_child_keeps_the_claim_of_its_worker(tmp_path: Path) -> None:
    add_job(tmp_path, make_job())
    taken = take(tmp_path)
    child = subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, pass_fds=[taken.descriptor]
    )
    os.close(taken.descriptor)
    assert claim(tmp_path, lambda job: True) is None
    child.communicate()
    finish(take(tmp_path))
    assert read_claimed(tmp_path) == []


def test_the_claim_of_a_run_that_was_thrown_away_is_removed(tmp_path: Path) -> None:
    run_id = add_job(tmp_path, make_job())
    release(take(tmp_path))
    thrown_away = tmp_path / ".trash" / run_id
    thrown_away.mkdir(parents=True)
    (thrown_away / "config.yaml").touch()
    assert claim(tmp_path, lambda job: True) is None
    assert read_claimed(tmp_path) == []


def test_nothing_is_begun_while_the_queue_is_paused(tmp_path: Path) -> None:
    add_job(tmp_path, make_job())
    release(take(tmp_path))
    add_job(tmp_path, make_job())
    pause_queue(tmp_path)
    assert claim(tmp_path, lambda job: True) is None
    assert not has_work(tmp_path, lambda job: True)
    resume_queue(tmp_path)
    assert has_work(tmp_path, lambda job: True)
    assert len({take(tmp_path).run_id, take(tmp_path).run_id}) == 2


def test_a_damaged_job_stops_none_behind_it(tmp_path: Path) -> None:
    run_id = add_job(tmp_path, make_job())
    (tmp_path / ".queue" / "0000001-damaged.yaml").write_text("[")
    assert take(tmp_path).run_id == run_id
    assert len(read_queue(tmp_path)) == 1


def test_a_job_is_read_again_only_where_it_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(tmp_path, make_job())
    assert claim(tmp_path, lambda job: False) is None
    monkeypatch.delattr("cnn_tui.jobs.claim.read_job")
    assert claim(tmp_path, lambda job: False) is None
    monkeypatch.undo()
    [waiting] = read_queue(tmp_path)
    assert waiting.job
    waiting.path.write_text(encode_job(waiting.job.model_copy(update={"name": "b"})))
    assert claim(tmp_path, lambda job: job.name == "b") is not None


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_stops_neither_the_queue_nor_its_workers(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    run_id = add_job(tmp_path, make_job())
    (tmp_path / ".queue" / "workers").mkdir()
    make(tmp_path / ".queue" / "claimed" / "damaged.yaml")
    make(tmp_path / ".queue" / "workers" / "damaged.lock")
    assert not is_at_work(tmp_path)
    assert take(tmp_path).run_id == run_id
    assert has_work(tmp_path, lambda job: True)
    with at_work(tmp_path):
        assert is_at_work(tmp_path)


def test_a_job_that_needs_more_devices_is_not_overtaken(tmp_path: Path) -> None:
    add_job(tmp_path, make_job().model_copy(update={"devices": 2}))
    small = add_job(tmp_path, make_job())
    assert claim(tmp_path, lambda job: None if job.devices == 2 else True) is None
    assert claim(tmp_path, lambda job: job.devices == 1).run_id == small  # type: ignore[union-attr]


def test_a_device_is_one_workers_at_a_time(tmp_path: Path) -> None:
    (tmp_path / ".queue").mkdir()
    device = Device(name="cuda:1", kind="cuda")
    held = take_device(tmp_path, device)
    assert held is not None
    assert take_device(tmp_path, device) is None
    other = take_device(tmp_path, Device(name="cuda:0", kind="cuda"))
    assert other is not None
    for descriptor in (held, other):
        os.close(descriptor)


@pytest.mark.skipif(nvml.is_open(), reason="this machine has a GPU by NVIDIA")
def test_a_gpu_with_memory_in_use_is_somebodys() -> None:
    assert nobody_uses(GpuSample(index=0, memory_used_bytes=500 * 2**20))
    assert not nobody_uses(GpuSample(index=0, memory_used_bytes=2 * 2**30))


@pytest.mark.skipif(nvml.is_open(), reason="this machine has a GPU by NVIDIA")
def test_auto_is_the_cpu_where_there_is_no_gpu() -> None:
    assert [device.name for device in parse_devices("auto")] == ["cpu-1"]


def test_devices_are_parsed() -> None:
    assert [device.name for device in parse_devices("cpu:2")] == ["cpu-1", "cpu-2"]
    assert [device.torch_name for device in parse_devices("cpu,mps")] == ["cpu", "mps"]
    assert parse_devices("cpu")[0].threads is None
    assert parse_devices("cpu:64")[0].threads == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gpu", "--devices gpu: must be auto, or cpu"),
        ("cpu:0", "must be from 1 to 64"),
        ("cpu:2,cpu", "names cpu-1 twice"),
        ("", "must be auto"),
        ("cuda", "must be auto"),
    ],
)
def test_devices_that_mean_nothing_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_devices(text)
