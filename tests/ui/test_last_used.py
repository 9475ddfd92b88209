"""What was typed is remembered by preset, and no damage does harm."""

from pathlib import Path

import pytest

from cnn_tui.ui.last_used import last_used_path, read_last_used, write_last_used


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_each_preset_has_its_own_values() -> None:
    assert read_last_used() == {}
    write_last_used("model-a", {"training.seed": "1"})
    write_last_used("model-b", {"training.seed": "2"})
    write_last_used("model-a", {})
    assert read_last_used() == {"model-b": {"training.seed": "2"}}
    assert [path.name for path in last_used_path().parent.iterdir()] == [
        "last-used.json"
    ]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (b"", {}),
        (b"\xff\xfe", {}),
        (b"[" * 100_000, {}),
        (b"null", {}),
        (b'{"a": 1}', {"a": {}}),
        (b'{"a": {"b": 1, "c": "d"}}', {"a": {"c": "d"}}),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', {}),
    ],
)
def test_damage_is_forgotten(stored: bytes, expected: dict[str, object]) -> None:
    path = last_used_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(stored)
    assert read_last_used() == expected


def test_a_place_that_cannot_be_written_does_no_harm() -> None:
    last_used_path().parent.parent.write_text("a file where a folder belongs")
    write_last_used("model-a", {"training.seed": "1"})
    assert read_last_used() == {}
