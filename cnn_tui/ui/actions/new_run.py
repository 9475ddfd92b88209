"""What works on the new-run screen."""

from cnn_tui.ui.actions.action import Action

PRESETS = (
    Action(
        name="start",
        keys="enter",
        label="start",
        help="Start the preset as the form shows it.",
    ),
)
"""What works in the list of presets."""

CHOICE = (
    Action(
        name="choose_next",
        keys="right,space",
        label="choose",
        help="Choose the next of the values in the field.",
    ),
    Action(
        name="choose_previous",
        keys="left",
        label="choose",
        help="Choose the previous of the values in the field.",
        footer=False,
    ),
)
"""What works in a field with few values."""

NEW_RUN = (
    Action(
        name="start_form",
        keys="ctrl+s",
        label="start",
        help="Start it from inside the form.",
        rank=1,
    ),
    Action(
        name="start_background",
        keys="B",
        label="background",
        help="Start it in the background.",
        footer=False,
    ),
    Action(
        name="queue",
        keys="Q",
        label="queue",
        help="Queue it: it starts when a device is free.",
        footer=False,
    ),
    Action(
        name="queue_seeds",
        keys="S",
        label="seeds",
        help="Queue it with several seeds: it asks how many.",
        footer=False,
    ),
    Action(
        name="save",
        keys="w",
        label="save",
        help="Save the form as a preset of your own.",
    ),
    Action(
        name="find_rate",
        keys="l",
        label="find lr",
        help="Find a learning rate: what the loss does at higher and higher ones.",
        footer=False,
    ),
    Action(
        name="measure",
        keys="t",
        label="timing",
        help="Measure how fast this is here, and how it would be faster.",
        rank=4,
    ),
    Action(
        name="reset",
        keys="ctrl+r",
        label="reset",
        help="Go back to the preset's own values.",
    ),
    Action(
        name="filter",
        keys="slash",
        label="filter",
        help="Show only the presets that contain some words.",
    ),
    Action(
        name="show_presets",
        keys="1",
        label="presets",
        help="Go to the list of presets.",
        footer=False,
    ),
    Action(
        name="show_model",
        keys="2",
        label="model",
        help="Go to the layers of the model.",
    ),
    Action(
        name="show_settings",
        keys="3",
        label="settings",
        help="Go to the hyperparameters.",
    ),
    Action(
        name="show_data",
        keys="4",
        label="data",
        help="Go to the data set: its classes, and pictures as the network gets them.",
    ),
    Action(
        name="leave",
        keys="escape",
        label="back",
        help="Leave a field, close the filter, go back to the presets.",
    ),
)
"""What works on the new-run screen."""

DATA = (
    Action(
        name="next_batch(1)",
        keys="full_stop",
        label="next batch",
        help="Show the images of the next update.",
        rank=2,
    ),
    Action(
        name="next_batch(-1)",
        keys="comma",
        label="batch before",
        help="Show the images of the update before.",
        footer=False,
    ),
    Action(
        name="augmented",
        keys="a",
        label="augment",
        help="Show the images as the augmentation makes them, or without it.",
        rank=2,
    ),
    Action(
        name="resize_pictures(-1)",
        keys="plus,equals_sign",
        label="larger",
        help="Draw the pictures larger, up to every pixel.",
        rank=4,
    ),
    Action(
        name="resize_pictures(1)",
        keys="minus",
        label="smaller",
        help="Draw the pictures smaller, and more of them.",
        rank=4,
    ),
)
"""What works in the pane of the data set."""

LAYERS = (
    Action(
        name="explain",
        keys="enter",
        label="explain",
        help="Open the page of the layer: formulas, kernel, and what it sees.",
        rank=2,
    ),
    Action(
        name="insert",
        keys="i",
        label="insert",
        help="Insert a layer below, from a list of all types.",
        rank=2,
    ),
    Action(
        name="type",
        keys="e",
        label="edit",
        help="Type the parameters of the layer in one line; tab completes a word.",
        rank=2,
    ),
    Action(
        name="edit('delete')",
        keys="x,delete",
        label="delete",
        help="Take the layer out, a residual block with all that is in it.",
        rank=2,
    ),
    Action(
        name="edit('up')",
        keys="K,shift+up",
        label="move up",
        help="Move the layer up, and into a residual block or out of it.",
        footer=False,
    ),
    Action(
        name="edit('down')",
        keys="J,shift+down",
        label="move down",
        help="Move the layer down, and into a residual block or out of it.",
        footer=False,
    ),
    Action(
        name="edit('duplicate')",
        keys="y",
        label="duplicate",
        help="Put the same layer below once more.",
        rank=4,
    ),
    Action(
        name="transform",
        keys="T",
        label="transform",
        help="Make the net deeper, gentler or wider, and more; shows the difference.",
        rank=2,
    ),
    Action(
        name="fold(True)",
        keys="left",
        label="fold",
        help="Hide the layers of the residual block.",
        footer=False,
    ),
    Action(
        name="fold(False)",
        keys="right",
        label="unfold",
        help="Show the layers of the residual block.",
        footer=False,
    ),
    Action(
        name="revise('remedy')",
        keys="f",
        label="fix",
        help="Do what is proposed where the layers do not fit.",
        rank=1,
    ),
    Action(
        name="revise('undo')",
        keys="u",
        label="undo",
        help="Undo the last edit of the layers, and the one before.",
        rank=2,
    ),
    Action(
        name="revise('redo')",
        keys="U,ctrl+y",
        label="redo",
        help="Do again what was undone.",
        rank=4,
    ),
)
"""What works in the layers of the model."""

EXPLAIN = (
    Action(
        name="go(1)",
        keys="full_stop,down,right",
        label="next layer",
        help="Explain the next layer.",
    ),
    Action(
        name="go(-1)",
        keys="comma,up,left",
        label="layer before",
        help="Explain the layer before.",
    ),
    Action(
        name="leave",
        keys="escape,enter",
        label="back",
        help="Go back to the layers.",
    ),
)
"""What works on the page of a layer."""

RATES = (
    Action(
        name="take",
        keys="enter",
        label="take it",
        help="Take the suggested learning rate, or that at the cursor.",
        rank=1,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Keep the learning rate as it is.",
        rank=1,
    ),
)
"""What works beside the curve of loss against learning rate."""

PREFLIGHT = (
    Action(
        name="take",
        keys="enter",
        label="take it",
        help="Take the marked way to compute into the form.",
        rank=1,
    ),
    Action(
        name="move(-1)",
        keys="up,k",
        label="up",
        help="Mark the line above.",
        footer=False,
    ),
    Action(
        name="move(1)",
        keys="down,j",
        label="down",
        help="Mark the line below.",
        footer=False,
    ),
    Action(
        name="everything",
        keys="a",
        label="all, compiled too",
        help="Measure again with what is slow or compiled, which may take minutes.",
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="End measuring, and keep the form as it is.",
        rank=1,
    ),
)
"""What works beside what was measured."""
