"""The table of a run of the benchmark, and the same as JSON."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.budgets import Budget
from bench.measured import Measured
from cnn_tui.host.hardware import cpu_count, cpu_name
from cnn_tui.text import significant

RESULTS = Path(__file__).with_name("results.json")

_WORDS = {True: "met", False: "NOT MET", None: ""}
_COLUMNS = ("what", "budget", "measured", "ratio", "", "spread", "load", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number, its budget, and how busy the machine was."""

    budget: Budget
    measured: Measured
    load: float
    """The load average over one minute when the measurement ended."""


def print_table(rows: Sequence[Row]) -> None:
    """Prints all rows, and what they were measured on."""
    table = Table(title=machine())
    for column in _COLUMNS:
        table.add_column(column)
    previous = ""
    for row in rows:
        if row.budget.measurement != previous:
            previous = row.budget.measurement
            table.add_section()
        table.add_row(*_cells(row))
    Console(width=None if os.isatty(1) else 200).print(table)


def write_json(rows: Sequence[Row], path: Path = RESULTS) -> None:
    """Writes all rows."""
    found = [
        {
            **asdict(row.budget),
            **asdict(row.measured),
            "met": row.budget.is_met(row.measured),
            "load": row.load,
        }
        for row in rows
    ]
    results = {"machine": machine(), "at": time.strftime("%FT%T%z"), "results": found}
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")


def machine() -> str:
    """Names what the numbers were measured on."""
    return f"{cpu_name()}, {cpu_count()} cores"


def _cells(row: Row) -> Sequence[str]:
    budget, measured = row.budget, row.measured
    return (
        budget.title,
        _limit(budget),
        _with_unit(measured.value, budget.unit),
        "" if (ratio := budget.ratio(measured)) is None else significant(ratio),
        _WORDS[budget.is_met(measured)],
        _spread(measured),
        f"{row.load:.1f}",
        measured.note,
    )


def _limit(budget: Budget) -> str:
    if budget.limit is None:
        return ""
    sign = "≥" if budget.at_least else "≤"
    return f"{sign} {budget.limit:g} {budget.unit}"


def _with_unit(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{significant(value)} {unit}"


def _spread(measured: Measured) -> str:
    if measured.lowest is None or measured.highest is None:
        return ""
    return f"{significant(measured.lowest)} … {significant(measured.highest)}"
