"""What works where one value, or one kernel, is looked at."""

from cnn_tui.ui.actions.action import Action

EXPLORER = (
    Action(
        name="slide(-1, 0)",
        keys="up",
        label="up",
        help="Slide the window up, to the value above; of classes, to the one before.",
        footer=False,
    ),
    Action(
        name="slide(1, 0)",
        keys="down",
        label="down",
        help="Slide the window down.",
        footer=False,
    ),
    Action(
        name="slide(0, -1)",
        keys="left",
        label="left",
        help="Slide the window left.",
        footer=False,
    ),
    Action(
        name="slide(0, 1)",
        keys="right",
        label="slide",
        help="Slide the window right.",
        footer=False,
    ),
    Action(
        name="play",
        keys="space",
        label="play",
        help="Slide the window over the whole picture; again stops it.",
        rank=1,
    ),
    Action(
        name="strongest",
        keys="s",
        label="strongest",
        help="Go to the strongest value of the map.",
        rank=2,
    ),
    Action(
        name="show_all",
        keys="a",
        label="all",
        help="Show all of the map, or only what was visited.",
        rank=2,
    ),
    Action(
        name="step_channel(1)",
        keys="c,pagedown",
        label="channel",
        help="Show the next channel of the layer.",
        rank=1,
    ),
    Action(
        name="step_channel(-1)",
        keys="C,pageup",
        label="channel",
        help="Show the channel before.",
        footer=False,
    ),
    Action(
        name="step_term(1)",
        keys="right_square_bracket",
        label="input",
        help="Show the input channel with the next smaller part of the sum.",
        rank=2,
    ),
    Action(
        name="step_term(-1)",
        keys="left_square_bracket",
        label="input",
        help="Show the input channel with the next larger part of the sum.",
        footer=False,
    ),
    Action(
        name="follow",
        keys="enter",
        label="follow",
        help="Follow the value into the layer before.",
        rank=2,
    ),
    Action(
        name="what_if",
        keys="w",
        label="what if",
        help="Try other kernels, sizes, strides and paddings on the picture.",
        rank=1,
    ),
    Action(
        name="leave",
        keys="escape",
        label="back",
        help="Go back to where this value was chosen.",
        rank=1,
    ),
)
"""What works where one value is explained."""

WHAT_IF = (
    Action(
        name="select(-1)",
        keys="up",
        label="up",
        help="Go to the choice above.",
        footer=False,
    ),
    Action(
        name="select(1)",
        keys="down",
        label="down",
        help="Go to the choice below.",
        footer=False,
    ),
    Action(
        name="choose(1)",
        keys="right,space",
        label="choose",
        help="Take the next value of the choice.",
        rank=1,
    ),
    Action(
        name="choose(-1)",
        keys="left",
        label="choose",
        help="Take the value before.",
        footer=False,
    ),
    Action(
        name="type_kernel",
        keys="k",
        label="kernel",
        help="Type a kernel: 1 0 -1; 2 0 -2; 1 0 -1.",
        rank=1,
    ),
    Action(
        name="leave",
        keys="escape",
        label="back",
        help="Go back to the explained value.",
        rank=1,
    ),
)
"""What works where kernels are tried on a picture."""
