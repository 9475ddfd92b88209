"""The keys and values of the JSON files, as the contract spells them."""

import json
import math

import msgspec

from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.runs import records
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best, DeviceRow, Event, Status

STATUS_KEYS = """
format id name preset title dataset state reason step total_steps epoch started_at
ended_at heartbeat progress_at pid pid_started pid_namespace boot_id host device
training_seconds images_per_second eta_seconds lr overrides train_loss test_loss
test_accuracy validation_loss validation_accuracy best last_checkpoint_step
"""
DEVICE_KEYS = """
at cpu_percent process_cpu_percent process_memory_bytes host_memory_used_bytes
host_memory_total_bytes gpus
"""
GPU_KEYS = """
index uuid name utilization_percent memory_used_bytes memory_total_bytes
temperature_celsius power_watts
"""


def written(record: msgspec.Struct) -> dict[str, object]:
    content = json.loads(records.encode_line(record))
    assert isinstance(content, dict)
    return content


def test_the_status_has_the_keys_of_the_contract_in_order() -> None:
    status = Status(
        state=State.RUNNING,
        started_at=records.now(),
        train_loss=math.inf,
        best=Best(step=500, accuracy=0.9721),
    )
    content = written(status)
    assert list(content) == STATUS_KEYS.split()
    assert content["format"] == 1
    assert content["state"] == "running"
    assert content["train_loss"] is None
    assert content["best"] == {"step": 500, "accuracy": 0.9721}
    assert content["test_loss"] is None


def test_a_device_row_has_the_keys_of_the_contract_in_order() -> None:
    content = written(DeviceRow(at=records.now(), gpus=[GpuSample(index=0)]))
    assert list(content) == DEVICE_KEYS.split()
    assert content["gpus"] == [dict.fromkeys(GPU_KEYS.split()) | {"index": 0}]


def test_an_event_survives_its_line() -> None:
    details: dict[str, object] = {"name": "lr", "from": 0.1, "to": 0.2}
    event = Event(at=records.now(), step=7, event="paused", details=details)
    line = records.encode_event(event)
    assert list(json.loads(line)) == ["at", "step", "event", "name", "from", "to"]
    assert records.decode_event(line) == event


def test_a_status_without_what_is_not_known_yet_is_enough() -> None:
    line = b'{"state": "starting", "started_at": "2026-01-01T00:00:00+01:00"}'
    status = msgspec.json.decode(line, type=Status)
    assert (status.step, status.best, status.overrides) == (0, None, {})
