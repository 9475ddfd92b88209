"""The heartbeat goes on whatever happens to one beat; its clock is never torn."""

import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.host.hardware import HardwareSampler
from cnn_tui.runs import heartbeat
from cnn_tui.runs.heartbeat import Heartbeat
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status, now
from cnn_tui.runs.writer import RunWriter

PATIENCE_SECONDS = 30


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunWriter:
    """The writer of a new run; hearts beat fast."""
    monkeypatch.setattr(heartbeat, "PERIOD_SECONDS", 0.01)
    status = Status(state=State.RUNNING, started_at=now())
    return RunWriter.create(tmp_path, name="x", config_text="", status=status)


def test_one_bad_beat_is_not_the_last(
    writer: RunWriter, caplog: pytest.LogCaptureFixture
) -> None:
    beats = 0
    later = threading.Event()

    def status() -> Status:
        nonlocal beats
        beats += 1
        if beats <= 3:
            raise ZeroDivisionError("no such number")
        later.set()
        return Status(state=State.RUNNING, started_at=now())

    with caplog.at_level(logging.ERROR):
        beating = Heartbeat(writer, status, None)
        beating.start()
        assert later.wait(PATIENCE_SECONDS)
        beating.stop()
    writer.close()
    assert [record.message for record in caplog.records] == ["a heartbeat failed"]


def test_a_stopwatch_is_read_while_it_is_stopped_and_started() -> None:
    watch, ended, errors = Stopwatch(), threading.Event(), list[Exception]()

    def read() -> None:
        try:
            while not ended.is_set():
                assert watch.seconds >= 0
        except Exception as error:
            errors.append(error)
            raise

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20_000):
        watch.start()
        watch.stop()
    ended.set()
    reader.join()
    assert errors == []


def test_a_stopwatch_counts_what_its_clock_says() -> None:
    times = iter([10.0, 13.0, 20.0, 21.0])
    watch = Stopwatch(5.0, clock=lambda: next(times))
    watch.start()
    watch.stop()
    assert watch.seconds == 8.0
    watch.start()
    watch.reset(1.0)


def test_a_driver_that_never_answers_holds_up_nothing(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = threading.Semaphore(0)
    asked, answered = threading.Event(), threading.Event()

    def status() -> Status:
        beats.release()
        return Status(state=State.RUNNING, started_at=now())

    def hang(sampler: HardwareSampler) -> dict[str, Any]:
        asked.set()
        answered.wait()
        return {}

    monkeypatch.setattr(HardwareSampler, "sample", hang)
    beating = Heartbeat(writer, status, None)
    beating.start()
    assert asked.wait(PATIENCE_SECONDS)
    for _ in range(3):
        assert beats.acquire(timeout=PATIENCE_SECONDS)
    beating.stop()
    writer.close()
    answered.set()  # what it says now is not written any more
    assert (writer.path / "device.jsonl").read_bytes() == b""
