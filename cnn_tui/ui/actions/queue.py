"""What works on the runs of the queue, in the list of runs."""

from cnn_tui.ui.actions.action import Action

QUEUE = (
    Action(
        name="sooner",
        keys="K,shift+up",
        label="sooner",
        help="Let the selected run of the queue begin before the one above.",
        rank=2,
    ),
    Action(
        name="later",
        keys="J,shift+down",
        label="later",
        help="Let the selected run of the queue begin after the one below.",
        rank=2,
    ),
    Action(
        name="pause_queue",
        keys="P",
        label="pause queue",
        help="Let no further run of the queue begin, or let them begin again.",
        rank=2,
    ),
)
"""Beside what works on any run."""
