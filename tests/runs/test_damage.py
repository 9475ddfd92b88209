"""Rubbish, torn, foreign and hostile files: read as far as they go, never more."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs import records
from cnn_tui.runs.layout import ENDED, LIVE
from cnn_tui.runs.liveness import shown_state
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.writer import RunWriter

from .conftest import metrics_of, poll, read, train_row


@pytest.mark.parametrize(
    "rubbish",
    [
        b"{",
        b"null",
        b"[1]",
        b'{"step": 2, "train/loss": 1' + b"0" * 400 + b"}",
        b"\xff\xfe\x00",
        b'{"step": "2", "train/loss": 1}',
        b'{"step": 2, "train/loss": true}',
        b'{"step": 2, "train/loss": NaN}',
        b'{"step": -2, "train/loss": 1}',
        b'{"step": 99999999999999999999, "train/loss": 1}',
        b'{"train/loss": 1}',
        b'{"rewind_to": null}',
        b'{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
)
def test_rubbish_is_skipped_and_counted(tmp_path: Path, rubbish: bytes) -> None:
    reader = metrics_of(tmp_path, [train_row(1), rubbish, train_row(3)])
    assert reader.train["step"].tolist() == [1, 3]
    assert reader.skipped == 1


def test_unknown_keys_and_kinds_are_no_damage(tmp_path: Path) -> None:
    newer = b'{"step": 2, "train/loss": 0.5, "train/f1": {"macro": 1}}'
    reader = metrics_of(tmp_path, [train_row(1), newer, b'{"step": 2, "swa/loss": 1}'])
    assert reader.train["step"].tolist() == [1, 2]
    assert reader.skipped == 0


def test_a_torn_last_line_waits_for_its_rest(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step": 1, "train/lo')
    reader = read(tmp_path)
    assert (len(reader.train), reader.skipped) == (0, 0)
    with (tmp_path / "metrics.jsonl").open("ab") as writing:
        writing.write(b'ss": 0.5}\n')
    assert poll(reader).train["step"].tolist() == [1]


def test_a_newer_format_is_named_not_guessed(writer: RunWriter) -> None:
    (writer.path / "status.json").write_text('{"format": 2, "state": "dreaming"}')
    with pytest.raises(RunDirectoryError, match=r"has format 2, .* reads format 1"):
        RunReader(writer.path).status()


def test_a_state_added_later_is_kept_by_its_word(writer: RunWriter) -> None:
    text = (writer.path / "status.json").read_text()
    newer = text.replace('"state":"running"', '"state":"queued"')
    (writer.path / "status.json").write_text(newer)
    found = RunReader(writer.path).status()
    assert found is not None
    assert shown_state(found, silent_seconds=99) == "queued"
    assert found.state not in LIVE | ENDED
    assert records.encode_line(found).decode() == newer.strip() + "\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 1, "state": "running", "started_at": "2026-01-01T00:00:00"}',
        b'{"format": 1, "state": "\x1b[2J", "started_at": "2026-01-01T00:00:00Z"}',
        b'{"format": 1, "state": "\\u001b[2J", "started_at": "2026-01-01T00:00:00Z"}',
        b'{"format": 1, "state": "%s", "started_at": "2026-01-01T00:00:00Z"}'
        % (b"x" * 25),
        b"[" * 60_000,
        b" " * 100_000,
    ],
)
def test_a_damaged_status_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "status.json").write_bytes(content)
    with pytest.raises(RunDirectoryError, match=r"status\.json") as caught:
        RunReader(tmp_path).status()
    assert str(caught.value).isprintable()


def test_an_empty_or_missing_directory_is_read_as_nothing(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        reader = read(path)
        assert reader.status() is None
        assert (len(reader.train), len(reader.events), reader.skipped) == (0, 0, 0)
        with pytest.raises(RunDirectoryError, match=r"config\.yaml cannot be read"):
            reader.config_text()


@pytest.mark.parametrize("name", ["metrics.jsonl", "events.jsonl", "device.jsonl"])
def test_links_and_pipes_are_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_bytes(records.encode_line(train_row(1)))
    (tmp_path / name).symlink_to(tmp_path / "outside")
    reader = read(tmp_path)
    assert (len(reader.train), reader.skipped) == (0, 0)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    assert len(poll(reader).train) == 0


def test_a_run_removed_while_it_is_shown_keeps_its_rows(writer: RunWriter) -> None:
    writer.metrics([train_row(1)])
    reader = read(writer.path)
    shutil.rmtree(writer.path)
    assert not reader.poll()
    assert len(reader.train) == 1
    assert reader.status() is None


_FILES = ["status.json", "metrics.jsonl", "events.jsonl", "device.jsonl"]


_LINES = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(
        st.sampled_from(["step", "train/loss", "rewind_to", "at", "event", "gpus"]),
        inner,
        max_size=4,
    ),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())


@settings(deadline=None, max_examples=80)
@given(st.dictionaries(st.sampled_from(_FILES), st.lists(_LINES, max_size=6)))
def test_no_content_of_the_files_is_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, list[bytes]]
) -> None:
    path = tmp_path_factory.mktemp("run")
    for name, content in files.items():
        (path / name).write_bytes(b"\n".join(content))
    reader = read(path)
    try:
        reader.status()
    except RunDirectoryError as error:
        assert str(error).isprintable()
    for table in (reader.train, reader.tests):
        assert (np.diff(table["step"]) > 0).all()
