"""Every number that is measured, and the budget that it has."""

from dataclasses import dataclass

from bench.measured import Measured

RIVALS = ("lesson", "lightning", "keras", "aiforge")
"""How much faster than these the program is depends on the machine and its torch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A number, and what it may be; without a limit it is only reported."""

    key: str
    measurement: str
    title: str
    unit: str
    limit: float | None = None
    at_least: bool = False
    """Whether the limit is the lowest allowed value instead of the highest."""

    def is_met(self, measured: Measured) -> bool | None:
        """Tells whether the budget holds; None without a limit or a number."""
        if self.limit is None or measured.value is None:
            return None
        if self.at_least:
            return measured.value >= self.limit
        return measured.value <= self.limit

    def ratio(self, measured: Measured) -> float | None:
        """Returns measured ÷ limit; None where that says nothing."""
        return measured.value / self.limit if self.limit and measured.value else None


def _reported(measurement: str, key: str, title: str, unit: str) -> Budget:
    return Budget(key=key, measurement=measurement, title=title, unit=unit)


def _at_most(measurement: str, key: str, title: str, unit: str, limit: float) -> Budget:
    return Budget(key=key, measurement=measurement, title=title, unit=unit, limit=limit)


def _faster(key: str, title: str, limit: float) -> Budget:
    return Budget(
        key=key,
        measurement="throughput",
        title=title,
        unit="×",
        limit=limit,
        at_least=True,
    )


_MODELS = (
    ("model-a", "model A", 1.00),
    ("model-b", "model B", 1.00),
    ("model-c", "model C", 0.97),
)
THROUGHPUT = (
    *(
        budget
        for model, title, limit in _MODELS
        for budget in (
            _faster(
                f"{model} dashboard", f"{title}: dashboard open ÷ bare loop", limit
            ),
            _reported(
                "throughput", f"{model} headless", f"{title}: headless ÷ bare loop", "×"
            ),
        )
    ),
    *(
        _reported("throughput", name, f"model A: dashboard open ÷ {name}", "×")
        for name in RIVALS
    ),
    _at_most(
        "throughput",
        "ui and writer",
        "model A: CPU of UI and writer per second of training",
        "ms",
        40,
    ),
    _faster("tiny dashboard", "tiny net: dashboard open ÷ headless", 0.90),
    _faster("tiny attached", "tiny net: attached ÷ headless", 0.90),
    _reported("throughput", "tiny step", "tiny net: one step, headless", "ms"),
)
TIME_TO_ACCURACY = (
    _at_most(
        "time_to_accuracy",
        "99 percent",
        "process start → 99 % test accuracy, preset fast",
        "s",
        15,
    ),
)
KEYS = (
    _reported("keys", "p50", "key → echo while training, p50", "ms"),
    _reported("keys", "p95", "key → echo while training, p95", "ms"),
    _at_most("keys", "p99", "key → echo while training, p99", "ms", 50),
    _at_most("keys", "longest", "key → echo while training, longest", "ms", 100),
)
WIRE = (
    _at_most("wire", "160×45 training", "160×45: training", "B/s", 5000),
    _at_most("wire", "160×45 idle", "160×45: new run, nothing changes", "B/s", 0),
    _at_most("wire", "160×45 ended", "160×45: ended run, nothing changes", "B/s", 0),
    _reported("wire", "160×45 zoomed", "160×45: training, full-screen chart", "B/s"),
    _reported("wire", "160×45 runs", "160×45: training, list of runs", "B/s"),
    _reported("wire", "80×24 training", "80×24: training", "B/s"),
    _at_most("wire", "80×24 idle", "80×24: new run, nothing changes", "B/s", 0),
    _at_most("wire", "80×24 ended", "80×24: ended run, nothing changes", "B/s", 0),
    _reported("wire", "80×24 zoomed", "80×24: training, full-screen chart", "B/s"),
    _reported("wire", "80×24 runs", "80×24: training, list of runs", "B/s"),
)
STARTUP = (
    _at_most("startup", "paint", "process start → first paint", "s", 0.8),
    _at_most("startup", "help", "cnn-tui --help", "s", 0.2),
    _at_most("startup", "cold", "Enter → first step, just opened", "s", 4),
    _at_most("startup", "warm", "Enter → first step, open for 5 s", "s", 1.5),
    _at_most("startup", "stall", "longest UI stall while torch is imported", "s", 0.5),
    _reported("startup", "modules", "heavy libraries at first paint", ""),
)
GROWTH = (
    _at_most("growth", "list", "list 10,000 runs", "s", 0.6),
    _at_most("growth", "filter", "10,000 runs: longest key of a filter", "ms", 50),
    _at_most("growth", "list memory", "10,000 runs, with their configs", "MB", 80),
    _at_most("growth", "first chart", "open 1,000,000 rows: first chart", "s", 0.3),
    _at_most("growth", "complete", "open 1,000,000 rows: complete", "s", 1.5),
    _at_most("growth", "keys", "open 1,000,000 rows: longest key meanwhile", "ms", 60),
    _at_most(
        "growth", "ui memory", "UI on 1,000,000 rows, over an empty run", "MB", 60
    ),
    _at_most("growth", "trainer memory", "trainer, update 10,000 → 100,000", "MB", 10),
    _at_most("growth", "redraw", "UI CPU, 1,000,000 rows ÷ 10,000 rows", "×", 1.15),
    _reported("growth", "bytes", "bytes written per update", "B"),
)
SCALE = (
    _reported("scale", "list", "500 live runs: open the list", "s"),
    _at_most("scale", "keys", "500 live runs: longest key", "ms", 100),
    _at_most("scale", "keys alone", "… less its wait for a processor", "ms", 100),
    _at_most("scale", "list cpu", "500 live runs: CPU a second", "ms", 200),
    _reported("scale", "bytes", "500 live runs: list to the terminal", "B/s"),
    _reported("scale", "memory", "500 live runs: memory of the list", "MB"),
    _reported("scale", "list calls", "500 live runs: calls in a refresh", ""),
    _reported("scale", "trainer calls", "a live run: calls of its trainer", "/s"),
    _reported("scale", "runs json", "500 live runs: cnn-tui runs --json", "s"),
    _at_most("scale", "queue keys", "1,000 jobs, too: longest key", "ms", 100),
    _at_most("scale", "queue keys alone", "1,000 jobs, too: less its wait", "ms", 100),
    _reported("scale", "add", "1,000 jobs: add one", "ms"),
    _reported("scale", "claim", "1,000 jobs: take one", "ms"),
    _reported("scale", "queue json", "1,000 jobs: cnn-tui queue --json", "s"),
    _reported("scale", "queue add", "1,000 jobs: cnn-tui queue add", "s"),
    _reported("scale", "queue move", "1,000 jobs: cnn-tui queue move", "s"),
    Budget(
        key="kept",
        measurement="scale",
        title="fake trainers: updates written ÷ meant",
        unit="×",
        limit=0.95,
        at_least=True,
    ),
)
EVALUATION = (
    _reported("evaluation", "ratio", "evaluation ÷ bare inference, images/s", "×"),
    _reported("evaluation", "seconds", "evaluation of 10,000 images, model A", "s"),
)
AUGMENTATION = (
    _at_most(
        "augmentation", "share", "crop + flip + cutout, 3×32×32 ÷ an update", "×", 0.1
    ),
)
LOOKING = (
    _at_most("looking", "first", "v → first picture, torch not loaded", "s", 4),
    _at_most("looking", "layer", "another layer → drawn", "ms", 100),
    _at_most("looking", "picture", "another picture → drawn", "ms", 100),
    _at_most("looking", "redraw", "160×45: the largest frame", "kB", 60),
    _at_most("looking", "explorer", "160×45: one value, the largest frame", "kB", 60),
    _at_most("looking", "what if", "160×45: what if, the largest frame", "kB", 60),
    Budget(
        key="training",
        measurement="looking",
        title="model A: looked at ÷ headless",
        unit="×",
        limit=0.97,
        at_least=True,
    ),
)
_NETS = (
    ("A", "model A"),
    ("B", "model B"),
    ("C", "model C"),
    ("tiny", "tiny net"),
)
TAKEN_APART = tuple(
    budget
    for model, title in _NETS
    for budget in (
        _reported("taken_apart", f"{model} apart", f"{title}: apart ÷ plain", "×"),
        _at_most(
            "taken_apart", f"{model} share", f"{title}: share of training", "×", 0.01
        ),
        _reported("taken_apart", f"{model} told", f"{title}: parts ÷ update", "×"),
    )
)
DEVICES = (
    Budget(
        key="two",
        measurement="devices",
        title="model A, batch 200: 2 processes × 1 thread ÷ 1 × 1",
        unit="×",
        limit=1.6,
        at_least=True,
    ),
    _reported("devices", "apart", "the same, 2 that share nothing ÷ 1 × 1", "×"),
    _reported("devices", "shards", "1 process: 2 shards ÷ none, seconds", "×"),
    _reported("devices", "ddp", "2 processes: 2 shards ÷ DDP, images/s", "×"),
)
GPU = tuple(
    _reported("gpu", f"{model} {key}", f"GPU, {title}: {what}", unit)
    for model, title in _NETS
    for key, what, unit in (
        ("step", "one update, headless", "ms"),
        ("bare", "headless ÷ bare loop", "×"),
        ("graphed", "headless ÷ bare loop as a CUDA graph", "×"),
        ("busy", "time of the card in kernels", "%"),
    )
)
BUDGETS = (
    *THROUGHPUT,
    *TIME_TO_ACCURACY,
    *KEYS,
    *WIRE,
    *STARTUP,
    *GROWTH,
    *SCALE,
    *EVALUATION,
    *AUGMENTATION,
    *LOOKING,
    *TAKEN_APART,
    *DEVICES,
    *GPU,
)
