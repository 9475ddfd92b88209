"""What a person can do with a comparison of runs."""

from cnn_tui.ui.actions.action import Action
from cnn_tui.ui.actions.dashboard import LOG_Y, SMOOTHING

COMPARE = (
    Action(
        name="series",
        keys="e",
        label="train/test",
        help="Draw the training, the validation or the tests in this chart.",
        rank=2,
    ),
    Action(
        name="bands",
        keys="b",
        label="bands",
        help="Draw runs that differ in their seed alone as one, with its spread.",
        rank=2,
    ),
    Action(
        name="x_axis",
        keys="a",
        label="axis",
        help="Draw over steps, epochs, time or images.",
        rank=2,
    ),
    SMOOTHING,
    LOG_Y,
    Action(
        name="back",
        keys="escape",
        label="back",
        help="One layer out: the cursor, the zoomed chart, the comparison.",
        rank=1,
    ),
)
"""What works in a comparison."""
