"""Every action of the program: the one source of keys, footer, palette and help."""

from cnn_tui.ui.actions.action import Action, printed
from cnn_tui.ui.actions.compare import COMPARE
from cnn_tui.ui.actions.dashboard import (
    CHART,
    ENDED,
    HEALTH,
    PANES,
    PROFILE,
    RACE,
    STEERING,
    VIEW,
)
from cnn_tui.ui.actions.everywhere import APP, DETACH, DETACH_ANYWHERE, RUNS
from cnn_tui.ui.actions.explorer import EXPLORER, WHAT_IF
from cnn_tui.ui.actions.inside import DRAW, NETWORK, SKETCH
from cnn_tui.ui.actions.mistakes import BATCH, MISTAKES, PICTURE, PICTURES
from cnn_tui.ui.actions.new_run import (
    CHOICE,
    DATA,
    EXPLAIN,
    LAYERS,
    NEW_RUN,
    PREFLIGHT,
    PRESETS,
    RATES,
)
from cnn_tui.ui.actions.queue import QUEUE
from cnn_tui.ui.actions.sweep import SWEEP

__all__ = [
    "APP",
    "BATCH",
    "CHART",
    "CHOICE",
    "COMPARE",
    "DATA",
    "DETACH",
    "DETACH_ANYWHERE",
    "DRAW",
    "ENDED",
    "EXPLAIN",
    "EXPLORER",
    "HEALTH",
    "LAYERS",
    "MISTAKES",
    "NETWORK",
    "NEW_RUN",
    "PANES",
    "PICTURE",
    "PICTURES",
    "PREFLIGHT",
    "PRESETS",
    "PROFILE",
    "QUEUE",
    "RACE",
    "RATES",
    "RUNS",
    "SECTIONS",
    "SKETCH",
    "STEERING",
    "SWEEP",
    "VIEW",
    "WHAT_IF",
    "Action",
    "printed",
]

SECTIONS: dict[str, tuple[Action, ...]] = {
    "New run": (*PRESETS, *CHOICE, *NEW_RUN),
    "Layers of a new run": LAYERS,
    "A layer explained": EXPLAIN,
    "Data of a new run": DATA,
    "Measuring before a run": PREFLIGHT,
    "Finding a learning rate": RATES,
    "Steering a live run": STEERING,
    "A run that has ended": ENDED,
    "Dashboard": (*VIEW, *PANES),
    "Charts": CHART,
    "Runs": RUNS,
    "Runs of the queue": QUEUE,
    "Sweep": SWEEP,
    "Comparing runs": COMPARE,
    "Race": RACE,
    "Inside a network": NETWORK,
    "Health": HEALTH,
    "Where the time goes": PROFILE,
    "Mistakes": MISTAKES,
    "Pictures": (*PICTURES, *PICTURE),
    "An update of the past": BATCH,
    "How a value comes about": EXPLORER,
    "What if": WHAT_IF,
    "Drawing": (*SKETCH, *DRAW),
    "Everywhere": APP,
}
"""All actions by where they work, in the order of the help and the footer."""
