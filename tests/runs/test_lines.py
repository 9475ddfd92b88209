"""Following a file that grows, tears, is replaced, or holds endless lines."""

import itertools
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.runs import lines
from cnn_tui.runs.lines import LineFollower


def read(follower: LineFollower) -> bytes:
    return b"".join(follower.chunks(time.monotonic() + 60))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "file"


def test_a_line_is_taken_once_it_is_whole(path: Path) -> None:
    follower = LineFollower(path)
    assert read(follower) == b""
    with path.open("ab", buffering=0) as writing:
        writing.write(b"one\ntw")
        assert read(follower) == b"one\n"
        writing.write(b"o\n")
        assert read(follower) == b"two\n"
    assert read(follower) == b""
    assert follower.complete


def test_a_chunk_at_a_time_until_the_deadline(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "CHUNK_BYTES", 10)
    path.write_bytes(b"12345\n" * 3)
    follower = LineFollower(path)
    assert list(follower.chunks(deadline=0)) == [b"12345\n"]
    assert not follower.complete
    assert read(follower) == b"12345\n" * 2
    assert follower.complete


def test_a_line_longer_than_a_chunk_is_skipped_and_counted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "CHUNK_BYTES", 10)
    path.write_bytes(b"one\n" + b"x" * 35 + b"\ntwo\n" + b"y" * 12)
    follower = LineFollower(path)
    assert read(follower) == b"one\ntwo\n"
    assert follower.overlong == 2
    with path.open("ab") as writing:
        writing.write(b"y\nend\n")
    assert read(follower) == b"end\n"
    assert follower.overlong == 2


def test_a_tail_begins_with_a_whole_line(path: Path) -> None:
    path.write_bytes(b"".join(b"%04d\n" % number for number in range(100)))
    follower = LineFollower(path, tail_bytes=12)
    assert read(follower) == b"0098\n0099\n"
    assert follower.overlong == 0


def test_a_replaced_file_is_read_from_the_start(path: Path) -> None:
    path.write_bytes(b"one\n")
    follower = LineFollower(path)
    read(follower)
    (path.parent / "new").write_bytes(b"another\n")
    (path.parent / "new").rename(path)
    assert read(follower) == b"another\n"
    assert follower.generation == 1


def test_a_shortened_file_is_read_from_the_start(path: Path) -> None:
    path.write_bytes(b"one\ntwo\n")
    follower = LineFollower(path)
    read(follower)
    path.write_bytes(b"1\n")
    assert read(follower) == b"1\n"
    assert follower.generation == 1


@settings(deadline=None, max_examples=60)
@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_however_it_arrives_the_same_lines_are_read(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "file"
    follower = LineFollower(path)
    taken = b""
    edges = [0, *sorted(cuts), len(content)]
    for start, end in itertools.pairwise(edges):
        with path.open("ab") as writing:
            writing.write(content[start:end])
        taken += read(follower)
    assert taken == content[: content.rfind(b"\n") + 1]
