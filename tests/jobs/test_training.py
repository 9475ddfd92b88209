"""What follows from the end of a training."""

from pathlib import Path

import pytest

from cnn_tui.jobs import add_job, read_claimed, read_refused
from cnn_tui.jobs.claim import count_beginning, release
from cnn_tui.jobs.devices import parse_devices
from cnn_tui.jobs.standing import Standing
from cnn_tui.jobs.training import Verdict, begin, judge, set_aside
from cnn_tui.runs.layout import State
from tests.jobs.making import make_job
from tests.jobs.test_claim import take
from tests.ui.test_runs_screen import write_status


@pytest.mark.parametrize(
    ("found", "code", "deaths", "verdict"),
    [
        (Standing.ENDED, 0, 0, Verdict.DONE),
        (Standing.ENDED, -9, 3, Verdict.DONE),  # killed behind its last word
        (Standing.TRAINED, 2, 3, Verdict.LEFT),
        (Standing.ABSENT, 2, 1, Verdict.REFUSED),
        (Standing.ABSENT, -9, 2, Verdict.AGAIN),
        (Standing.ABSENT, -9, 3, Verdict.REFUSED),
        (Standing.OPEN, 143, 1, Verdict.AGAIN),
        (Standing.OPEN, 2, 2, Verdict.AGAIN),
        (Standing.OPEN, -9, 3, Verdict.FAILED),
    ],
)
def test_an_end_is_judged_by_the_run_it_leaves(
    found: Standing, code: int, deaths: int, verdict: Verdict
) -> None:
    assert judge(found, code, deaths) is verdict


def test_deaths_count_whichever_worker_saw_them(tmp_path: Path) -> None:
    add_job(tmp_path, make_job())
    for _ in range(3):
        taken = take(tmp_path)
        assert set_aside(tmp_path, taken) is None
        training = begin(tmp_path, taken, parse_devices("cpu"), [])
        training.process.kill()
        training.process.wait()
        training.said.close()
        release(taken)  # and the worker is gone, too
    assert set_aside(tmp_path, take(tmp_path)) is Verdict.REFUSED
    [refused] = read_refused(tmp_path)
    assert refused.problem == "its process ended with its worker"
    assert read_claimed(tmp_path) == []
    assert list((tmp_path / ".queue" / "claimed").iterdir()) == []


def test_a_run_that_somebody_paused_is_not_set_aside(tmp_path: Path) -> None:
    run = tmp_path / add_job(tmp_path, make_job())
    taken = take(tmp_path)
    for _ in range(3):
        count_beginning(taken, None)
    write_status(run, state=State.PAUSED)
    (run / "config.yaml").touch()
    assert set_aside(tmp_path, taken) is None
    write_status(run, state=State.RUNNING)
    assert set_aside(tmp_path, taken) is Verdict.FAILED
