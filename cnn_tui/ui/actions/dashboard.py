"""What steers a run, and how the dashboard shows it."""

from cnn_tui.ui.actions.action import Action
from cnn_tui.ui.actions.everywhere import DETACH, SHOW_SWEEP

SMOOTHING = Action(
    name="smoothing",
    keys="s",
    label="smooth",
    help="Smooth the training curves more, then not at all.",
    rank=4,
)

LOG_Y = Action(
    name="log_y",
    keys="l",
    label="log",
    help="Draw the chart on a logarithmic or linear scale; accuracy by its error.",
    rank=4,
)

STEERING = (
    Action(
        name="pause",
        keys="space",
        label="pause",
        help="Stand still after this update, with a checkpoint.",
        rank=1,
    ),
    Action(
        name="resume",
        keys="space",
        label="resume",
        help="Go on after a pause.",
        rank=1,
    ),
    Action(
        name="step",
        keys="full_stop",
        label="step",
        help="Do one update, then pause.",
    ),
    Action(
        name="step_batches",
        keys="b",
        label="updates",
        help="Do a number of updates, then pause.",
    ),
    Action(
        name="finish_epoch",
        keys="e",
        label="epoch",
        help="Go to the end of the epoch, then pause.",
    ),
    Action(
        name="evaluate",
        keys="E",
        label="test",
        help="Evaluate now, on the whole test set.",
    ),
    Action(
        name="save_checkpoint",
        keys="k",
        label="keep",
        help="Save a checkpoint now and keep it.",
    ),
    Action(
        name="change_values",
        keys="u",
        label="change",
        help="Change the learning rate and other values while training.",
        rank=1,
    ),
    Action(
        name="roll_back",
        keys="g",
        label="go back",
        help="Go back to the last checkpoint, with a lower learning rate.",
        footer=False,
    ),
    Action(
        name="extend",
        keys="m",
        label="more",
        help="Train for more iterations than planned.",
    ),
    Action(
        name="stop",
        keys="x",
        label="stop",
        help="End the run here; everything is kept.",
        rank=1,
    ),
    DETACH,
)
"""What works while a run is live."""

ENDED = (
    Action(
        name="resume_run",
        keys="R",
        label="resume",
        help="Go on with this run, exactly where it was.",
        rank=1,
    ),
    Action(
        name="train_more",
        keys="m",
        label="more",
        help="Go on with this run, for more iterations than planned.",
        rank=1,
    ),
)
"""What works once a run has ended, or its process is lost."""

VIEW = (
    Action(
        name="find_rate",
        keys="L",
        label="find lr",
        help="Find a learning rate from the newest checkpoint on, beside the training.",
        footer=False,
    ),
    Action(
        name="show_health",
        keys="h",
        label="health",
        help="Show how each layer does over the run: zeros, gradients, updates.",
        footer=False,
    ),
    Action(
        name="show_profile",
        keys="t",
        label="time",
        help="Show where the time goes: each part of an update, and what is between.",
        footer=False,
    ),
    SMOOTHING,
    LOG_Y,
    Action(
        name="x_axis",
        keys="a",
        label="axis",
        help="Draw over steps, epochs or time.",
        footer=False,
    ),
    Action(
        name="show_mistakes",
        keys="c",
        label="confusion",
        help="See which classes the network confuses, and the pictures.",
        footer=False,
    ),
    Action(
        name="fork_run",
        keys="f",
        label="fork",
        help="Go on from here, or the value cursor, as a new run, with other values.",
        footer=False,
    ),
    Action(
        name="race_run",
        keys="F",
        label="race",
        help="Try values side by side from here, on the same batches; keep one.",
        footer=False,
    ),
    Action(
        name="look_inside",
        keys="v",
        label="inside",
        help="Look inside the network: its maps, its filters, its answers.",
        rank=4,
    ),
    Action(
        name="export",
        keys="X",
        label="export",
        help="Write this run for other programs and people: ONNX, CSV, HTML, …",
        footer=False,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="One layer out: the cursor, the zoomed chart, this run.",
        footer=False,
    ),
    SHOW_SWEEP,
)
"""How the dashboard shows a run."""

PANES = (
    Action(
        name="zoom_pane",
        keys="z",
        label="zoom",
        help="Give one pane the whole screen; again for all.",
        rank=4,
    ),
    Action(
        name="fold_charts",
        keys="left_square_bracket",
        label="fold charts",
        help="Hide the charts, or show them again.",
        footer=False,
    ),
    Action(
        name="fold_side",
        keys="right_square_bracket",
        label="fold side",
        help="Hide the panes beside the charts, or show them again.",
        footer=False,
    ),
    Action(
        name="next_pane",
        keys="tab",
        label="next pane",
        help="Go to the next pane.",
        footer=False,
    ),
    Action(
        name="previous_pane",
        keys="shift+tab",
        label="previous pane",
        help="Go to the pane before.",
        footer=False,
    ),
)
"""How the panes of the dashboard share the screen."""

CHART = (
    Action(
        name="move_cursor(-1)",
        keys="left",
        label="cursor left",
        help="Move the value cursor left; it reads out every curve.",
        footer=False,
    ),
    Action(
        name="move_cursor(1)",
        keys="right",
        label="cursor right",
        help="Move the value cursor right.",
        footer=False,
    ),
    Action(
        name="move_cursor(-10)",
        keys="shift+left",
        label="far left",
        help="Move the value cursor ten columns left.",
        footer=False,
    ),
    Action(
        name="move_cursor(10)",
        keys="shift+right",
        label="far right",
        help="Move the value cursor ten columns right.",
        footer=False,
    ),
    Action(
        name="cursor_to_start",
        keys="home",
        label="first",
        help="Move the value cursor to the first value.",
        footer=False,
    ),
    Action(
        name="cursor_to_end",
        keys="end",
        label="latest",
        help="Move the value cursor to the latest value.",
        footer=False,
    ),
    Action(
        name="zoom_in",
        keys="plus,equals_sign",
        label="zoom in",
        help="Show half as much of x, around the cursor.",
        rank=4,
    ),
    Action(
        name="zoom_out",
        keys="minus",
        label="zoom out",
        help="Show twice as much of x.",
        rank=4,
    ),
    Action(
        name="pan(-0.25)",
        keys="comma,ctrl+left",
        label="pan left",
        help="Move the view to the left.",
        footer=False,
    ),
    Action(
        name="pan(0.25)",
        keys="semicolon,ctrl+right",
        label="pan right",
        help="Move the view to the right.",
        footer=False,
    ),
    Action(
        name="reset_view",
        keys="0",
        label="all of x",
        help="Show all of x again.",
        rank=4,
    ),
)
"""What works in a chart that has the focus."""

RACE = (
    Action(
        name="keep",
        keys="enter",
        label="keep",
        help="Go on with the chosen run; the others stay as short runs.",
        rank=1,
    ),
    Action(
        name="choose(-1)",
        keys="up",
        label="previous",
        help="Choose the run above.",
        footer=False,
    ),
    Action(
        name="choose(1)",
        keys="down",
        label="next",
        help="Choose the run below.",
        footer=False,
    ),
    Action(
        name="end_race",
        keys="x",
        label="end",
        help="End the race; the run that trains keeps what it has.",
        rank=1,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Leave; the race goes on in the background.",
        rank=1,
    ),
)
"""What works beside a race."""

HEALTH = (
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Go back to the dashboard.",
        rank=1,
    ),
)
"""What works beside the health of the layers."""

PROFILE = (
    Action(
        name="all_layers",
        keys="enter",
        label="all layers",
        help="Show all layers, or the slowest ones only.",
        rank=1,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Go back to the dashboard.",
        rank=1,
    ),
)
"""What works beside the time that each part takes."""
