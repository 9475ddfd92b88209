"""What a run left: its rows as the format defines them, and its weights."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from cnn_tui.engine.checkpoint import BEST, LAST, load_checkpoint
from tests.engine.making import same
from tests.faults.nursery import status

_BY_THE_CLOCK = ("time", "images_per_second")
_STATE = (
    *("step", "total_steps", "model", "ema", "optimizer", "rng"),
    *("lr_factor", "overrides", "best", "pause_at_step"),
)

Row = dict[str, Any]


def rows(run: Path) -> list[Row]:
    """Returns the rows that count, by step; without what depends on the clock.

    Written from the format's text, not with the reader that is tested.
    """
    found: dict[tuple[int, bool], Row] = {}
    for row in map(_row, (run / "metrics.jsonl").read_bytes().splitlines()):
        if row is None:
            continue
        if (last := row.get("rewind_to")) is not None:
            found = {key: kept for key, kept in found.items() if key[0] <= last}
        else:
            key = row["step"], "test/loss" in row
            assert key not in found, f"two rows of step {key[0]}"
            found[key] = {k: v for k, v in row.items() if k not in _BY_THE_CLOCK}
    return [found[key] for key in sorted(found)]


def state(run: Path, checkpoint: str = LAST) -> dict[str, Any]:
    """Returns all of a checkpoint on which the rest of a run depends."""
    loaded = load_checkpoint(run / "checkpoints" / checkpoint)
    return {name: getattr(loaded, name) for name in _STATE}


def assert_same_results(run: Path, expected: Path) -> None:
    """Asserts that two runs finished with the same rows and weights, bit for bit."""
    assert status(run).state == status(expected).state == "finished"
    assert rows(run) == rows(expected)
    weights = [load_file(path / "model.safetensors") for path in (run, expected)]
    assert same(*weights)
    best = status(run).best
    assert best is not None
    assert state(run, BEST)["step"] == best.step


def assert_same_end(run: Path, expected: Path) -> None:
    """Asserts that two runs also would go on alike."""
    assert_same_results(run, expected)
    assert same(state(run), state(expected))


def _row(line: bytes) -> Row | None:
    """Returns a row; None for a line that was torn when its writer was killed."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
