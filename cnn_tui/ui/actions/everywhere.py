"""What works everywhere, and in the list of runs."""

from dataclasses import replace

from cnn_tui.ui.actions.action import Action

APP = (
    Action(
        name="new_run",
        keys="n",
        label="new",
        help="Pick a model, tune it and start a run.",
    ),
    Action(
        name="show_runs",
        keys="r",
        label="runs",
        help="List all runs, live and past, and open one.",
        rank=2,
    ),
    Action(
        name="quit",
        keys="q,ctrl+c,ctrl+q",
        label="quit",
        help="Leave; asks first where this process trains.",
        rank=1,
    ),
    Action(
        name="show_help",
        keys="question_mark",
        label="help",
        help="Show every key and what it does.",
        rank=0,
    ),
    Action(
        name="command_palette",
        keys="ctrl+p",
        label="palette",
        help="Search all that can be done now.",
        footer=False,
    ),
    Action(
        name="change_theme",
        keys="ctrl+t",
        label="theme",
        help="Choose another set of colours.",
        footer=False,
    ),
)
"""What works on every screen."""

DETACH = Action(
    name="detach",
    keys="d",
    label="detach",
    help="Leave; the run goes on in the background.",
    rank=1,
)

DETACH_ANYWHERE = replace(DETACH, name="detach_anywhere", footer=False)
"""The same on every screen, while this process trains or is about to."""

SHOW_SWEEP = Action(
    name="show_sweep",
    keys="S",
    label="sweep",
    help="Show the sweep that this run belongs to; of another one, choose any.",
    footer=False,
)

RUNS = (
    Action(
        name="open_run",
        keys="enter",
        label="open",
        help="Open the selected run in the dashboard.",
    ),
    Action(
        name="resume_run",
        keys="R",
        label="resume",
        help="Go on with the selected run, exactly where it was.",
    ),
    Action(
        name="look_inside",
        keys="v",
        label="inside",
        help="Look inside the network of the selected run.",
        rank=4,
    ),
    Action(
        name="export",
        keys="X",
        label="export",
        help="Write the selected run for other programs and people: ONNX, CSV, HTML, …",
        footer=False,
    ),
    Action(
        name="fork_run",
        keys="f",
        label="fork",
        help="Go on from an update of the selected run as a new one, changed.",
        rank=4,
    ),
    Action(
        name="mark_run",
        keys="space",
        label="mark",
        help="Mark the selected run, or take its mark away; select the next.",
        footer=False,
    ),
    Action(
        name="compare_runs",
        keys="c",
        label="compare",
        help="Compare the marked runs: their curves in one chart, and what differs.",
        rank=4,
    ),
    replace(SHOW_SWEEP, help="Show the sweep of the selected run, or choose one."),
    Action(
        name="filter",
        keys="slash",
        label="filter",
        help="Show only runs with these words in id, name, model or state, or values: "
        "lr>0.01 best>98% age<2d tag=mine note~flip.",
    ),
    Action(
        name="sort",
        keys="o",
        label="sort",
        help="Sort by the next column: started, best, name, model, state, all shown.",
    ),
    Action(
        name="reverse_sort",
        keys="O",
        label="reverse",
        help="Sort the other way round.",
        footer=False,
    ),
    Action(
        name="choose_columns",
        keys="C",
        label="columns",
        help="Choose the columns: any value of a status, of a config, or a note.",
        rank=5,
    ),
    Action(
        name="group",
        keys="g",
        label="group",
        help="Group by model, data set, tags, seeds, lineage or sweep; enter folds.",
        rank=5,
    ),
    Action(
        name="fold_groups",
        keys="G",
        label="fold",
        help="Fold all groups, or unfold them.",
        footer=False,
    ),
    Action(
        name="note",
        keys="N",
        label="note",
        help="Write a note about the selected run.",
        rank=5,
    ),
    Action(
        name="tags",
        keys="t",
        label="tags",
        help="Change the tags of the selected run.",
        rank=5,
    ),
    Action(
        name="pin",
        keys="p",
        label="pin",
        help="Keep the selected run at the top, or no longer.",
        rank=6,
    ),
    Action(
        name="delete",
        keys="D,delete",
        label="delete",
        help="Move the selected run into the trash, or take it out of the queue.",
        rank=6,
    ),
    Action(
        name="undo_delete",
        keys="u",
        label="undo",
        help="Take back what was deleted or cancelled last.",
        footer=False,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Clear the filter, then go back.",
    ),
)
"""What works in the list of runs."""
