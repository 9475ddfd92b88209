"""Images per second, against other ways to train the same network."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

from bench import written
from bench.budgets import RIVALS
from bench.contestants import (
    PACKAGES,
    attached,
    dashboard,
    headless,
    is_installed,
    loop,
    other,
)
from bench.effort import Effort
from bench.measured import Measured, Results, median, ratios, skipped
from bench.race import Contestant, Turn, Turns, race, speeds
from bench.workplace import ENDLESS, Workplace
from cnn_tui.host.hardware import cpu_count

TINY = str(Path(__file__).with_name("tiny.yaml"))
REPORTS_PER_SECOND = 10
"""How often the engine appends rows."""

_REPORTS = 200


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Races the program against bare loops, rivals and itself."""
    turns = _race_models(workplace, effort, "model-a", RIVALS)
    yield _against_bare("model-a", turns)
    yield dict(against_rivals(turns))
    yield {"ui and writer": _ui_and_writer(workplace, turns)}
    yield _race_tiny(workplace, effort)
    for model in ("model-b", "model-c"):
        yield _against_bare(model, _race_models(workplace, effort, model))


def _race_models(
    workplace: Workplace, effort: Effort, model: str, others: Iterable[str] = ()
) -> Turns:
    preset = workplace.preset(workplace.folder("preset"), model, *ENDLESS)
    with ExitStack() as stack:
        contestants = [
            _start(stack, loop(workplace, "bare", preset)),
            _start(stack, headless(workplace, model, *ENDLESS)),
            _start(stack, dashboard(workplace, model, *ENDLESS)),
        ]
        for name in filter(is_installed, others):
            with suppress(TimeoutError):
                contestants.append(_start(stack, other(workplace, name, preset)))
        return race(contestants, effort)


def _start(
    stack: ExitStack, contestant: AbstractContextManager[Contestant]
) -> Contestant:
    """Starts a contestant and freezes it, so that the next one can start in peace."""
    started = stack.enter_context(contestant)
    started.freeze()
    return started


def _against_bare(model: str, turns: Turns) -> Results:
    bare = speeds(turns["bare"])
    return {
        f"{model} {way}": ratios(speeds(turns[way]), bare)
        for way in ("dashboard", "headless")
    }


def against_rivals(turns: Turns) -> Iterator[tuple[str, Measured]]:
    """Compares with other ways to train, beside what the bare loop is to them."""
    ours, bare = speeds(turns["dashboard"]), speeds(turns["bare"])
    for name in RIVALS:
        if name in turns:
            theirs = speeds(turns[name])
            note = f"bare loop ÷ {name}: {ratios(bare, theirs).value:.2f}"
            yield name, ratios(ours, theirs, note)
        else:
            package = PACKAGES[name]
            problem = "does not start" if is_installed(name) else "is not installed"
            yield name, skipped(f"{package} {problem}")


def _race_tiny(workplace: Workplace, effort: Effort) -> Results:
    with ExitStack() as stack:
        ways = (headless, dashboard, attached)
        turns = race([_start(stack, way(workplace, TINY)) for way in ways], effort)
    speed = speeds(turns["headless"])
    return {
        "tiny dashboard": ratios(speeds(turns["dashboard"]), speed),
        "tiny attached": ratios(speeds(turns["attached"]), speed),
        "tiny step": median(1000 / steps for steps in speed),
    }


def _ui_and_writer(workplace: Workplace, turns: Turns) -> Measured:
    """Adds what the UI's threads use and what appending that many rows costs."""
    steps_per_second = median(speeds(turns["dashboard"])).value or 0.0
    writer = _writer_share(workplace.folder("writer"), steps_per_second)
    ui = [_ui_share(turn) for turn in turns["dashboard"]]
    note = f"UI {1000 * (median(ui).value or 0):.1f}, writer {1000 * writer:.1f}"
    return median((1000 * (share + writer) for share in ui), note)


def _ui_share(turn: Turn) -> float:
    """Returns the CPU seconds per second of all threads but those that train.

    Those are the busiest: torch has as many as there are cores.
    """
    shares = sorted(turn.cpu_shares.values(), reverse=True)
    return sum(shares[cpu_count() :])


def _writer_share(folder: Path, steps_per_second: float) -> float:
    """Returns the CPU seconds that appending rows takes per second of training."""
    writer = written.open_run(folder, "writer", total_steps=100_000)
    rows = max(1, round(steps_per_second / REPORTS_PER_SECOND))
    reports = [list(written.rows(1 + n * rows, rows)) for n in range(_REPORTS)]
    began = time.thread_time()
    for report in reports:
        writer.metrics(report)
    used = time.thread_time() - began
    writer.close()
    return used / (_REPORTS / REPORTS_PER_SECOND)
