"""What a person can do with a sweep."""

from cnn_tui.ui.actions.action import Action
from cnn_tui.ui.actions.dashboard import LOG_Y

SWEEP = (
    Action(
        name="open_trial",
        keys="enter",
        label="open",
        help="Open a run of the selected trial in the dashboard.",
        rank=1,
    ),
    Action(
        name="take_best",
        keys="t",
        label="take best",
        help="Take the values of the best trial into the form, as a preset.",
        rank=2,
    ),
    Action(
        name="extend_sweep",
        keys="m",
        label="more",
        help="Let the sweep try more values, stopped or finished, too.",
        rank=2,
    ),
    Action(
        name="stop_sweep",
        keys="x",
        label="stop",
        help="Try nothing new; the runs that train go on to their end.",
        rank=2,
    ),
    Action(
        name="parameter",
        keys="p",
        label="slice",
        help="Draw the values of the trials over the next parameter.",
        rank=2,
    ),
    Action(
        name="sort_trials",
        keys="o",
        label="sort",
        help="Sort the trials by value, or the newest first.",
        rank=3,
    ),
    LOG_Y,
    Action(
        name="back",
        keys="escape",
        label="back",
        help="One layer out: the cursor, the zoomed pane, the sweep.",
        rank=1,
    ),
)
"""What works on the screen of a sweep."""
