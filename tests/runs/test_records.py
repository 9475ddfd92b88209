"""The keys and values of the JSON files, as the contract spells them."""

import json
import math

import msgspec
import pytest

from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.runs import records
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best, DeviceRow, Metrics, Rewind, Status

from .conftest import evaluation_row, train_row

STATUS_KEYS = """
format id name preset title dataset state reason step total_steps epoch started_at
ended_at heartbeat progress_at pid pid_started pid_namespace boot_id host device
processes training_seconds images_per_second eta_seconds lr overrides train_loss
test_loss test_accuracy validation_loss validation_accuracy best last_checkpoint_step
obeys
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


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (
            train_row(1),
            "step epoch time train/loss train/accuracy lr images_per_second",
        ),
        (evaluation_row(1), "step epoch time test/loss test/accuracy"),
        (
            evaluation_row(1, validation_loss=0.5, validation_accuracy=0.25),
            "step epoch time test/loss test/accuracy "
            "validation/loss validation/accuracy",
        ),
        (Rewind(rewind_to=1), "rewind_to"),
    ],
)
def test_metrics_have_the_keys_of_the_contract_in_order(
    row: Metrics, keys: str
) -> None:
    assert list(written(row)) == keys.split()


def test_an_update_without_a_loss_says_null() -> None:
    content = written(train_row(1, loss=None))
    assert content["train/loss"] is None


def test_a_status_without_what_is_not_known_yet_is_enough() -> None:
    line = b'{"state": "starting", "started_at": "2026-01-01T00:00:00+01:00"}'
    status = msgspec.json.decode(line, type=Status)
    assert (status.step, status.best, status.overrides) == (0, None, {})
