"""The queue on the screen: adding to it, and its runs in the list."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_tui.jobs import add_job, is_at_work, pause_queue, read_queue
from cnn_tui.runs.queued import is_paused
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.screens.queueing import JobLines
from tests.jobs.making import make_job
from tests.jobs.workers import Workers
from tests.ui.conftest import screen_text, until
from tests.ui.new_run_host import new_run, select
from tests.ui.new_run_host import until as until_shown
from tests.ui.test_runs_screen import listed, rows, write_status


def names(runs: Path) -> list[str]:
    """Returns the names of the runs that wait."""
    return [waiting.job.name for waiting in read_queue(runs) if waiting.job]


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    """Ends the worker that a test has started."""
    workers = Workers(tmp_path)
    yield workers
    workers.close()


async def test_q_adds_what_the_form_shows_and_a_worker_begins(workers: Workers) -> None:
    async with new_run() as (app, pilot):
        app.new_run._runs_folder = workers.runs
        (workers.runs / ".queue").mkdir()
        (workers.runs / ".queue" / "paused").touch()
        await select(app, pilot, "logistic")
        await pilot.press("Q")
        await until_shown(pilot, lambda: "number 1 in the queue" in app.sentence)
        assert is_at_work(workers.runs)
        assert names(workers.runs) == ["logistic"]
        await pilot.press("S")
        await until_shown(pilot, lambda: isinstance(app.screen, AskText))
        await pilot.press("ctrl+u", "3", "enter")
        await until_shown(pilot, lambda: "2 more behind it" in app.sentence)
        jobs = [waiting.job for waiting in read_queue(workers.runs)]
        seeds = [job.config["training"]["seed"] for job in jobs if job]
        assert seeds == [0, 0, 1, 2]


async def test_runs_of_the_queue_are_moved_cancelled_and_put_back(
    tmp_path: Path, workers: Workers
) -> None:
    write_status(tmp_path / "run")
    pause_queue(tmp_path)
    for name in "ab":
        add_job(tmp_path, make_job(name))
    async with listed(tmp_path) as (app, pilot):
        [place] = [n for n, row in enumerate(rows(app)) if "number 2" in row]
        await pilot.press(*["down"] * place)
        await pilot.press("K")
        await until(pilot, lambda: names(tmp_path) == ["b", "a"])
        await pilot.press("J")
        await until(pilot, lambda: names(tmp_path) == ["a", "b"])
        await pilot.press("D")
        await until(pilot, lambda: names(tmp_path) == ["a"])
        await pilot.press("u")
        await until(pilot, lambda: names(tmp_path) == ["a", "b"])
        await until(pilot, lambda: is_at_work(tmp_path))  # the other may have gone
        assert (tmp_path / "run").exists()


async def test_a_run_of_the_queue_is_shown_and_the_queue_paused(tmp_path: Path) -> None:
    add_job(tmp_path, make_job("a"))
    async with listed(tmp_path) as (app, pilot):
        assert "queued" in rows(app)[0]
        assert "sooner" in screen_text(app)
        assert "resume" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query(JobLines))
        assert "batch_size: 50" in screen_text(app)
        await pilot.press("escape", "P")
        await until(pilot, lambda: is_paused(tmp_path))
        await until(pilot, lambda: "paused, number 1" in rows(app)[0])
