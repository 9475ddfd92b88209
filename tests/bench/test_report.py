"""The table of a run of the benchmark, and the same as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import __main__ as program
from bench.budgets import BUDGETS, Budget
from bench.effort import QUICK, Effort
from bench.measured import Measured, Results, skipped
from bench.report import Row, machine, print_table, write_json
from bench.workplace import Workplace

PAINT = Budget(
    key="paint", measurement="startup", title="first paint", unit="s", limit=0.8
)
SPEED = Budget(
    key="speed", measurement="throughput", title="ours ÷ bare", unit="×", limit=1.0
)
ROWS = [
    Row(
        budget=PAINT,
        measured=Measured(value=0.2941, lowest=0.27, highest=0.3, note="n = 5"),
        load=0.94,
    ),
    Row(budget=SPEED, measured=Measured(value=1.25), load=1.0),
    Row(budget=SPEED, measured=skipped("no GPU"), load=1.0),
]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_table_says_what_was_promised_and_what_was_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(ROWS)
    shown = lines(capsys)
    assert any(machine() in line for line in shown)
    [paint] = [line for line in shown if "first paint" in line]
    for word in ("≤ 0.8 s", "0.294 s", "0.368", " met ", "0.270 … 0.300", "0.9"):
        assert word in paint
    first, second = [line for line in shown if "ours ÷ bare" in line]
    assert "NOT MET" in first
    assert "skipped: no GPU" in second
    assert "MET" not in second


def test_the_same_is_written_for_programs(tmp_path: Path) -> None:
    write_json(ROWS, tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert written["machine"] == machine()
    assert written["at"]
    paint, speed, missing = written["results"]
    assert (paint["key"], paint["value"], paint["met"]) == ("paint", 0.2941, True)
    assert (speed["met"], missing["met"], missing["value"]) == (False, None, None)
    assert (paint["limit"], paint["load"]) == (0.8, 0.94)


def test_what_was_measured_before_a_failure_is_kept(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    workplace: Workplace,
) -> None:
    def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
        yield {"p50": Measured(value=12.0)}
        raise TimeoutError("waited 60 s for an echo")

    monkeypatch.setattr(program, "MEASUREMENTS", {"keys": measure})
    rows = program.measure("keys", workplace, QUICK)
    assert [row.budget for row in rows] == [
        b for b in BUDGETS if b.measurement == "keys"
    ]
    by_key = {row.budget.key: row.measured for row in rows}
    assert by_key["p50"].value == 12.0
    assert by_key["p99"] == skipped("it did not work, see above")
    assert "keys: waited 60 s for an echo" in capsys.readouterr().err
