"""Every action of the program: the one source of keys, footer, palette and help."""

from dataclasses import dataclass, replace

from textual.binding import Binding
from textual.keys import format_key


def printed(key: str) -> str:
    """Returns a key as it is printed on a keyboard: "?", "^p"."""
    *modifiers, name = key.split("+")
    return "^" * ("ctrl" in modifiers) + format_key(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a person can do on a screen."""

    name: str
    """The ``action_…`` method that does it."""
    keys: str
    """Keys as Textual names them, separated by commas; the first is shown."""
    label: str
    """One or two words for the footer."""
    help: str
    """One sentence for the help screen and the command palette."""
    footer: bool = True
    rank: int = 3
    """How soon a short footer does without it; 0 goes last."""
    priority: bool = False

    @property
    def key_names(self) -> list[str]:
        """The keys one by one."""
        return self.keys.split(",")

    def binding(self) -> Binding:
        """Returns the key binding of this action."""
        return Binding(
            self.keys,
            self.name,
            self.label,
            show=self.footer,
            tooltip=self.help,
            id=self.name,
            priority=self.priority,
        )


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
        name="show_health",
        keys="h",
        label="health",
        help="Show how each layer does over the run: zeros, gradients, updates.",
        footer=False,
    ),
    Action(
        name="smoothing",
        keys="s",
        label="smooth",
        help="Smooth the training curves more, then not at all.",
        rank=4,
    ),
    Action(
        name="log_y",
        keys="l",
        label="log",
        help="Draw the chart on a logarithmic or linear scale; accuracy by its error.",
        rank=4,
    ),
    Action(
        name="x_axis",
        keys="a",
        label="axis",
        help="Draw over steps, epochs or time.",
        rank=4,
    ),
    Action(
        name="show_mistakes",
        keys="c",
        label="confusion",
        help="See which classes the network confuses, and the pictures.",
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
        name="back",
        keys="escape",
        label="back",
        help="One layer out: the cursor, the zoomed chart, this run.",
        footer=False,
    ),
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
        name="filter",
        keys="slash",
        label="filter",
        help="Show only the runs with certain words in id, name, model or state.",
    ),
    Action(
        name="sort",
        keys="o",
        label="sort",
        help="Sort by the next column: started, best, name, model, state.",
    ),
    Action(
        name="back",
        keys="escape",
        label="back",
        help="Clear the filter, then go back.",
    ),
)
"""What works in the list of runs."""

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
        help="Start the preset as the form shows it, from inside the form.",
        rank=1,
    ),
    Action(
        name="start_background",
        keys="B",
        label="background",
        help="Start the preset as the form shows it, in the background.",
        footer=False,
    ),
    Action(
        name="save",
        keys="w",
        label="save",
        help="Save the form as a preset of your own.",
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
        name="save_checkpoint",
        keys="k",
        label="checkpoint",
        help="Ask the run for a checkpoint now, to look at its newest weights.",
        rank=3,
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

_MOVES = tuple(
    Action(
        name=f"move({down}, {right})",
        keys=key,
        label=f"cursor {word or key}",
        help=f"Move the cursor {word or key}.",
        footer=False,
    )
    for key, word, down, right in (
        ("up", "", -1, 0),
        ("down", "", 1, 0),
        ("left", "", 0, -1),
        ("right", "", 0, 1),
        ("pageup", "a page up", -10, 0),
        ("pagedown", "a page down", 10, 0),
    )
)
_BACK = Action(
    name="back",
    keys="escape",
    label="back",
    help="Go back to the screen before.",
    rank=1,
)
_MARK = Action(
    name="mark",
    keys="exclamation_mark",
    label="mark",
    help="Give the picture another class, or leave it out; again undoes it.",
    rank=1,
)

MISTAKES = (
    *_MOVES,
    Action(
        name="open",
        keys="enter",
        label="pictures",
        help="Show the pictures of the cell, the worst mistakes first.",
        rank=1,
    ),
    Action(
        name="shares",
        keys="percent_sign",
        label="shares",
        help="Show shares of the true class in percent, or counts.",
    ),
    Action(
        name="next_part",
        keys="p",
        label="part",
        help="Look at the test, the validation or the training pictures.",
    ),
    Action(
        name="move_in_time(-1)",
        keys="less_than_sign",
        label="earlier",
        help="Show the evaluation before.",
        rank=2,
    ),
    Action(
        name="move_in_time(1)",
        keys="greater_than_sign",
        label="later",
        help="Show the next evaluation; the newest follows the run.",
        rank=2,
    ),
    _BACK,
)
"""What works in the confusion matrix."""

PICTURES = (
    *_MOVES,
    Action(
        name="open",
        keys="enter",
        label="large",
        help="Show the picture large, with what is most like it.",
        rank=1,
    ),
    _MARK,
    replace(_BACK, help="Go back to the pictures, or to what the network confuses."),
)
"""What works on pictures, large or small."""

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

SECTIONS: dict[str, tuple[Action, ...]] = {
    "New run": (*PRESETS, *CHOICE, *NEW_RUN),
    "Data of a new run": DATA,
    "Steering a live run": STEERING,
    "A run that has ended": ENDED,
    "Dashboard": (*VIEW, *PANES),
    "Charts": CHART,
    "Runs": RUNS,
    "Inside a network": NETWORK,
    "Health": HEALTH,
    "Mistakes": MISTAKES,
    "Pictures": PICTURES,
    "How a value comes about": EXPLORER,
    "What if": WHAT_IF,
    "Drawing": (*SKETCH, *DRAW),
    "Everywhere": APP,
}
"""All actions by where they work, in the order of the help and the footer."""
