"""``cnn-tui work``: begins the runs of the queue."""

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click

from cnn_tui.cli.options import echo, runs_dir_option


@click.command(short_help="Begin the runs of the queue, one after another.")
@click.option(
    "--devices",
    default="auto",
    show_default=True,
    metavar="auto|cpu:N|cuda:N,…",
    help="A run at a time on each: cuda:0,cuda:1, or cpu:2, which share the cores.",
)
@click.option("--keep", is_flag=True, help="Stay when there is nothing to do.")
@click.option(
    "--idle",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="End after that long without anything to do.",
)
@runs_dir_option
def work(devices: str, keep: bool, idle: float, runs_dir: Path) -> None:
    """Begin the runs of the queue, each in a process of its own.

    auto takes all GPUs, each only while nobody uses it, and one run on the CPU where
    there is no GPU. Runs that lost their process go on from their checkpoint.

    Ctrl-C, once: no further run is begun, and the worker ends with those that train.
    Twice, or SIGTERM: it ends at once. Those that train go on either way: stop one with
    cnn-tui send RUN stop. A hang-up ends neither.
    """
    from cnn_tui.jobs.devices import parse_devices
    from cnn_tui.jobs.worker import work as work_queue

    chosen = parse_devices(devices)
    requests = _Requests()
    _say(f"works on {', '.join(device.name for device in chosen)}")
    work_queue(
        runs_dir,
        chosen,
        tell=_say,
        between=_sweeps(runs_dir),
        takes_more=lambda: not requests.last,
        is_to_end=lambda: requests.at_once,
        idle_seconds=None if keep else idle,
    )


def _sweeps(runs_dir: Path) -> Callable[[], None]:
    """Returns what takes the sweeps further, and says each problem once."""
    from cnn_tui.sweeps.advance import Advancing

    advancing, said = Advancing(runs_dir), set[str]()

    def advance() -> None:
        for problem in advancing.advance():
            if problem not in said:
                said.add(problem)
                _say(problem)

    return advance


class _Requests:
    """What signals ask a worker for."""

    def __init__(self) -> None:
        """Listens to them from now on."""
        self.last = self.at_once = False
        signal.signal(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.at_once, self.last = self.last, True

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self.at_once = True


def _say(line: str) -> None:
    from cnn_tui.runs import records

    with suppress(OSError):  # the terminal may be closed
        echo(f"{records.now():%H:%M:%S}  {line}")
