"""The past of a run: thinned evenly, bounded, and listed by names alone."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_tui.runs.events import CheckpointSaved, RolledBack
from cnn_tui.runs.history import (
    forget_after,
    prune,
    step_file,
    steps_available,
    to_drop,
)
from cnn_tui.runs.records import Best
from cnn_tui.runs.writer import RunWriter
from tests.runs.conftest import MOMENT, status

Create = Callable[..., RunWriter]


def grown(steps: list[int], most: int, most_bytes: int = 10**9) -> list[int]:
    """Returns what a history has kept after these steps of 10 bytes each."""
    kept: list[int] = []
    for step in steps:
        kept.append(step)
        gone = to_drop(dict.fromkeys(kept, 10), most, most_bytes)
        kept = [at for at in kept if at not in gone]
    return kept


def history(folder: Path, *steps: int) -> Path:
    """Makes a folder with files of 10 bytes."""
    folder.mkdir(parents=True)
    for step in steps:
        (folder / step_file(step)).write_bytes(b"." * 10)
    return folder


def test_all_is_kept_while_there_is_room() -> None:
    assert grown([0, 500, 1000, 1500], most=4) == [0, 500, 1000, 1500]


def test_one_too_many_takes_every_second_away() -> None:
    assert grown([0, 500, 1000, 1500, 2000], most=4) == [0, 1000, 2000]
    assert grown([0, 500, 1000, 1500, 2000, 2500], most=4) == [0, 1000, 2000, 2500]


@pytest.mark.parametrize("most", [2, 3, 8, 32])
@pytest.mark.parametrize("count", [1, 2, 33, 100, 1000])
def test_what_is_kept_is_evenly_spaced(most: int, count: int) -> None:
    steps = list(range(0, count * 500, 500))
    kept = grown(steps, most)
    gaps = {second - first for first, second in pairwise(kept[:-1])}
    assert len(gaps) <= 1
    assert len(kept) <= most
    assert len(kept) >= min(count, most // 2)


def test_an_evaluation_by_hand_leaves_no_mark_for_long() -> None:
    assert grown([0, 500, 503, 1000], most=8) == [0, 500, 1000]
    assert grown([0, 3, *range(500, 4000, 500)], most=8)[:3] == [0, 500, 1000]


@given(
    st.sets(st.integers(0, 10**6), max_size=60), st.integers(1, 40), st.integers(0, 500)
)
def test_the_first_and_the_newest_stay_and_the_rest_fits(
    steps: set[int], most: int, most_bytes: int
) -> None:
    gone = to_drop(dict.fromkeys(steps, 10), most, most_bytes)
    kept = steps - gone
    if steps:
        assert {min(steps), max(steps)} <= kept
    assert len(kept) <= max(2, most)
    assert len(kept) * 10 <= max(20, most_bytes)


def test_fewer_are_kept_where_they_are_large() -> None:
    assert grown([0, 1, 2, 3, 4], most=32, most_bytes=40) == [0, 2, 4]


def test_pruning_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    folder = history(tmp_path / "history", 0, 10, 20, 30)
    others = {"notes.txt", "step-1.pt", "last.pt"}
    for name in (*others, ".step-00000040.pt.tmp"):
        (folder / name).touch()
    prune(folder, 20, most=2, most_bytes=10**6)
    found = {path.name for path in folder.iterdir()}
    assert found == others | {step_file(0), step_file(20)}


def test_what_is_later_than_a_rewind_is_forgotten(tmp_path: Path) -> None:
    folder = history(tmp_path / "history", 0, 10, 20)
    forget_after(folder, 10)
    assert sorted(path.name for path in folder.iterdir()) == [
        step_file(0),
        step_file(10),
    ]


def test_the_steps_available_are_told_by_names_and_the_status(create: Create) -> None:
    writer = create(
        status=status(best=Best(step=30, accuracy=0.5), last_checkpoint_step=45)
    )
    history(writer.path / "history", 0, 20, 40)
    history(writer.path / "checkpoints", 7, 50)
    for name in ("last.pt", "best.pt", "previous.pt"):
        (writer.path / "checkpoints" / name).touch()
    writer.event(CheckpointSaved(at=MOMENT, step=50, also_as=[step_file(50)]))
    writer.event(RolledBack(at=MOMENT, step=45, reached=60))
    assert steps_available(writer.path) == [0, 7, 20, 30, 40, 45]


def test_a_run_without_a_past_has_no_steps(tmp_path: Path) -> None:
    assert steps_available(tmp_path) == []
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / step_file(5)).touch()
    (tmp_path / "history").symlink_to(tmp_path / "elsewhere")
    assert steps_available(tmp_path) == []
