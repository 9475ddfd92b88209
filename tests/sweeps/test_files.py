"""The file of a sweep, and what of it could never be tried."""

from pathlib import Path

import pytest

from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.sweeps.files import (
    FILE,
    SWEEPS,
    find_sweep,
    list_sweeps,
    make_sweep,
    read_plan,
)
from tests.sweeps.studies import plan


def test_what_was_asked_for_is_written_whole_and_read_again(tmp_path: Path) -> None:
    wanted = plan("lr=0.01..0.3:log", "optimizer=sgd,adam", seeds=3, pruner="median")
    sweep = make_sweep(wanted, "My sweep", tmp_path / "runs")
    assert sweep.path == tmp_path / "runs" / SWEEPS / "my-sweep"
    assert read_plan(sweep.path / FILE) == wanted
    assert make_sweep(wanted, "My sweep", tmp_path / "runs").name == "my-sweep-2"
    assert [it.name for it in list_sweeps(tmp_path / "runs")] == [
        "my-sweep",
        "my-sweep-2",
    ]
    with pytest.raises(RunDirectoryError, match='no sweep "other"'):
        find_sweep("other", tmp_path / "runs")


def test_a_name_of_which_there_are_runs_is_not_used_again(tmp_path: Path) -> None:
    (tmp_path / "20260101-000000-wide-t000-s0").mkdir()
    assert make_sweep(plan("lr=0.1,0.2"), "wide", tmp_path).name == "wide-2"


def test_a_person_writes_little(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "preset: model-c\nset: {iterations: 50}\n"
        "over: {lr: 0.01..0.3:log, batch_size: [32, 64]}\n"
    )
    found = read_plan(path)
    assert (found.preset, found.sampler, found.trials) == ("model-c", "tpe", 30)
    assert found.metric == "test/accuracy"
    assert found.config.training.iterations == 50


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("preset: model-c\nover: {lr: 1..2}\nsampler: luck\n", "line 3: sampler: must"),
        ("preset: model-c\nover: {lr: 1..2}\nturns: 3\n", "line 3: turns: unknown key"),
        ("over: {lr: 1..2}\n", "must have a preset, or a config"),
        ("preset: model-c\nover: 3\n", "line 2: over: must be a mapping"),
        ("preset: model-c\n", "over: is missing"),
        ("format: 2\npreset: model-c\nover: {lr: 1..2}\n", "format: must be 1"),
    ],
)
def test_a_damaged_file_is_named_with_line_and_key(
    tmp_path: Path, text: str, word: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=word) as caught:
        read_plan(path)
    assert "mine.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("over", "word"),
    [
        (["momentum=0.5,1.5"], "momentum=1.5: .*must be less than 1"),
        (["optimizer=adam", "momentum=0.9"], "none of adam has this key"),
        (["optimizer=sgdd,adam"], "unknown name sgdd; did you mean sgd"),
        (["batch_size=10..100000"], "batch_size=100000: .*must be at most"),
    ],
)
def test_values_that_no_trial_could_have_are_refused(
    over: list[str], word: str
) -> None:
    with pytest.raises(ConfigError, match=word):
        plan(*over)


def test_a_validation_metric_needs_images_held_out() -> None:
    with pytest.raises(ConfigError, match="needs images that are held out"):
        plan("lr=0.1,0.2", metric="validation/loss")
