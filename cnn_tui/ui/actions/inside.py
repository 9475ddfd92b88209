"""What works inside a network."""

from cnn_tui.ui.actions.action import Action

NETWORK = (
    Action(
        name="move(-1,0)",
        keys="up",
        label="layer up",
        help="Go to the layer before; in a zoomed map a row up.",
        footer=False,
    ),
    Action(
        name="move(1,0)",
        keys="down",
        label="layer down",
        help="Go to the next layer; in a zoomed map a row down.",
        footer=False,
    ),
    Action(
        name="move(0,-1)",
        keys="left",
        label="channel left",
        help="Go to the channel, filter, value or class before.",
        footer=False,
    ),
    Action(
        name="move(0,1)",
        keys="right",
        label="channel right",
        help="Go to the next channel, filter, value or class.",
        footer=False,
    ),
    Action(
        name="turn_page(-1)",
        keys="pageup",
        label="page up",
        help="Go to the maps or filters of the page before.",
        footer=False,
    ),
    Action(
        name="turn_page(1)",
        keys="pagedown",
        label="page down",
        help="Go to the maps or filters of the next page.",
        footer=False,
    ),
    Action(
        name="open_map",
        keys="enter",
        label="zoom",
        help="Zoom the map or filter under the cursor; zoomed, explain a value of it.",
        rank=1,
    ),
    Action(
        name="switch_sheets",
        keys="tab,shift+tab",
        label="maps/filters",
        help="Go from the maps to the filters, and back.",
        rank=1,
    ),
    Action(
        name="step_picture(-1)",
        keys="comma",
        label="picture",
        help="Show the picture before.",
        footer=False,
    ),
    Action(
        name="step_picture(1)",
        keys="full_stop",
        label="picture",
        help="Show the next picture.",
        rank=1,
    ),
    Action(
        name="find",
        keys="slash",
        label="find",
        help="Find pictures: of a class, mistakes only, or one by its number.",
        rank=1,
    ),
    Action(
        name="move_in_time(-1)",
        keys="less_than_sign",
        label="earlier",
        help="Show the weights of an earlier checkpoint of the run.",
        rank=2,
    ),
    Action(
        name="move_in_time(1)",
        keys="greater_than_sign",
        label="later",
        help="Show the weights of a later checkpoint; the newest follows the run.",
        rank=2,
    ),
    Action(
        name="scale",
        keys="c",
        label="colours",
        help="Scale the colours by the unit, the layer or the whole net.",
        rank=2,
    ),
    Action(
        name="show_patches",
        keys="p",
        label="looks for",
        help="Show the test pictures that excite the channel most, and where.",
        rank=2,
    ),
    Action(
        name="show_where",
        keys="o",
        label="where",
        help="Show where in the picture the network sees a class; arrows choose it.",
        rank=2,
    ),
    Action(
        name="go_to_update",
        keys="g",
        label="go to",
        help="Make any update of the run again: its pictures, and its weights.",
        rank=3,
    ),
    Action(
        name="draw_picture",
        keys="d",
        label="draw",
        help="Draw a picture, and see what the network makes of each stroke.",
        rank=2,
    ),
    Action(
        name="choose_device",
        keys="D",
        label="device",
        help="Compute what is looked at on another device, such as cuda:1.",
        footer=False,
    ),
    Action(
        name="save_checkpoint",
        keys="k",
        label="checkpoint",
        help="Ask the run for a checkpoint now, to look at its newest weights.",
        rank=2,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="One layer out: the zoomed map, then this screen.",
        rank=1,
    ),
)
"""What works inside a network."""

SKETCH = (
    Action(
        name="lift",
        keys="space",
        label="pen",
        help="Put the pen down, or up; the arrows move it, the mouse draws as well.",
        rank=1,
    ),
    *(
        Action(
            name=f"move_pen({columns},{rows})",
            keys=key,
            label="move",
            help=f"Move the pen {where}.",
            footer=False,
        )
        for key, where, columns, rows in (
            ("left", "left", -1, 0),
            ("right", "right", 1, 0),
            ("up", "up", 0, -1),
            ("down", "down", 0, 1),
        )
    ),
    Action(name="undo", keys="u", label="undo", help="Take the last stroke away."),
    Action(
        name="clear",
        keys="c,delete",
        label="clear",
        help="Take everything away.",
        rank=2,
    ),
)
"""What works on a sheet to draw on."""

DRAW = (
    Action(
        name="choose_layer(-1)",
        keys="left_square_bracket",
        label="layer",
        help="Show the maps of the layer before.",
        footer=False,
    ),
    Action(
        name="choose_layer(1)",
        keys="right_square_bracket",
        label="layer",
        help="Show the maps of the next layer.",
    ),
    Action(
        name="switch_maps",
        keys="m",
        label="maps",
        help="Show the maps instead of what the network says, where one fits.",
    ),
    Action(
        name="compare",
        keys="o",
        label="compare",
        help="Show the sheet to another network, too: of another step or run.",
        rank=2,
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Go back to where you came from.",
        rank=1,
    ),
)
"""What works beside a sheet to draw on."""
