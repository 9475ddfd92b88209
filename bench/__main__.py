"""``python -m bench``: runs the measurements and prints the table."""

import os
import subprocess
from collections.abc import Callable, Iterator
from types import MappingProxyType

import click
import psutil

from bench import (
    augmentation,
    devices,
    evaluation,
    gpu,
    growth,
    keys,
    looking,
    scale,
    startup,
    taken_apart,
    throughput,
    time_to_accuracy,
    wire,
)
from bench.budgets import BUDGETS
from bench.effort import FULL, QUICK, Effort
from bench.measured import Results, skipped
from bench.report import Row, print_table, write_json
from bench.workplace import Workplace, open_workplace

Measurement = Callable[[Workplace, Effort], Iterator[Results]]
MEASUREMENTS: MappingProxyType[str, Measurement] = MappingProxyType(
    {
        "throughput": throughput.measure,
        "time_to_accuracy": time_to_accuracy.measure,
        "keys": keys.measure,
        "wire": wire.measure,
        "startup": startup.measure,
        "growth": growth.measure,
        "scale": scale.measure,
        "evaluation": evaluation.measure,
        "augmentation": augmentation.measure,
        "looking": looking.measure,
        "taken_apart": taken_apart.measure,
        "devices": devices.measure,
        "gpu": gpu.measure,
    }
)
PROBLEMS = (OSError, RuntimeError, subprocess.SubprocessError, psutil.Error)
"""What may go wrong on a machine; the measurements that worked are kept."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(tuple(MEASUREMENTS)))
@click.option("--quick", is_flag=True, hidden=True)
def main(names: tuple[str, ...], quick: bool) -> None:
    """Measure what the program costs: all of it, or only NAMES."""
    effort = QUICK if quick else FULL
    rows: list[Row] = []
    with open_workplace() as workplace:
        for name in names or MEASUREMENTS:
            click.echo(f"measuring {name}…", err=True)
            rows += measure(name, workplace, effort)
    print_table(rows)
    write_json(rows)


def measure(name: str, workplace: Workplace, effort: Effort) -> list[Row]:
    """Returns a row for each number of a measurement, in the order of the budgets."""
    results: Results = {}
    try:
        for found in MEASUREMENTS[name](workplace, effort):
            results |= found
    except PROBLEMS as error:
        click.echo(f"{name}: {error}", err=True)
    load = os.getloadavg()[0]
    missing = skipped("it did not work, see above")
    return [
        Row(budget=b, measured=results.get(b.key, missing), load=load)
        for b in BUDGETS
        if b.measurement == name
    ]


if __name__ == "__main__":
    main()
