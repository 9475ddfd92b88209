"""Jobs of the queue in the list of runs."""

from pathlib import Path

from cnn_tui.jobs import add_job, cancel_job, move_job
from cnn_tui.jobs.claim import claim, refuse
from cnn_tui.runs.catalog import Catalog
from cnn_tui.runs.layout import State
from tests.cli.commands import invoke
from tests.jobs.making import make_job
from tests.runs.test_catalog import make_run


def reasons(catalog: Catalog) -> dict[str, str | None]:
    """Returns why each queued run is where it is, by its name."""
    found = [run.status for run in catalog.refresh() if run.status]
    return {it.name: it.reason for it in found if it.state is State.QUEUED}


def test_jobs_are_listed_beside_runs_with_their_place(tmp_path: Path) -> None:
    make_run(tmp_path, "run")
    ids = [add_job(tmp_path, make_job(name)) for name in "ab"]
    catalog = Catalog(tmp_path)
    first, second = "number 1 in the queue", "number 2 in the queue"
    assert reasons(catalog) == {"a": first, "b": second}
    assert len(catalog.refresh()) == 3
    move_job(tmp_path, ids[1], "front")
    assert reasons(catalog) == {"b": first, "a": second}
    [queued, _] = [run for run in catalog.refresh() if run.is_job]
    assert queued.status
    assert (queued.status.total_steps, queued.status.dataset) == (20, "mnist")
    cancel_job(tmp_path, ids[1])
    assert reasons(catalog) == {"a": first}


def test_a_job_that_has_begun_is_its_run_alone(tmp_path: Path) -> None:
    run_id = add_job(tmp_path, make_job("a"))
    taken = claim(tmp_path, lambda job: True)
    assert taken
    catalog = Catalog(tmp_path)
    assert reasons(catalog) == {"a": "about to begin"}
    make_run(tmp_path, run_id)
    [run] = catalog.refresh()
    assert not run.is_job
    assert run.state == "finished"


def test_refused_and_damaged_jobs_are_shown_with_the_sentence(tmp_path: Path) -> None:
    add_job(tmp_path, make_job("a"))
    taken = claim(tmp_path, lambda job: True)
    assert taken
    refuse(taken, "there is no such data set")
    (tmp_path / ".queue" / "0000001-odd.yaml").write_text("config: [\x1b")
    (tmp_path / ".queue" / "0000002-huge.yaml").write_text("config: {training: 7}")
    said = invoke("runs", "--runs-dir", tmp_path).stdout
    assert "there is no such data set" in said
    assert "✗ failed" in said
    assert "is not valid YAML" in said
    assert "⋯ queued" in said
    assert "\x1b" not in said


def test_queued_runs_are_found_by_their_state(tmp_path: Path) -> None:
    make_run(tmp_path, "run")
    run_id = add_job(tmp_path, make_job("a"))
    found = invoke("runs", "state=queued", "--runs-dir", tmp_path).stdout
    assert found.split()[0] == run_id
    assert len(found.splitlines()) == 1
