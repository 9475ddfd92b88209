"""A job becomes the run whose id it was given."""

from pathlib import Path

from cnn_tui.jobs import add_job, read_queue
from cnn_tui.runs.layout import State
from cnn_tui.runs.status import read_status
from tests.cli.commands import invoke, refusal
from tests.jobs.making import make_job


def test_train_makes_the_run_of_a_job(tmp_path: Path) -> None:
    run_id = add_job(tmp_path, make_job("mine"))
    [waiting] = read_queue(tmp_path)
    built = tmp_path / f".new-{run_id}"  # by a training that was killed
    built.mkdir()
    (built / "rubbish").touch()
    result = invoke("train", "--job", waiting.path, "--runs-dir", tmp_path)
    assert result.exit_code == 0
    status = read_status(tmp_path / run_id)
    assert status is not None
    assert (status.id, status.name, status.preset) == (run_id, "mine", "small")
    assert status.state is State.FINISHED
    assert not built.exists()
    again = refusal("train", "--job", waiting.path, "--runs-dir", tmp_path)
    assert again == f"{tmp_path / run_id} is there already: resume it"


def test_train_takes_either_a_preset_or_a_job(tmp_path: Path) -> None:
    add_job(tmp_path, make_job())
    [waiting] = read_queue(tmp_path)
    wanted = "give either a preset or --job FILE"
    assert refusal("train") == wanted
    assert refusal("train", "fast", "--job", waiting.path) == wanted
