"""What works where mistakes and their pictures are shown."""

from dataclasses import replace

from cnn_tui.ui.actions.action import Action

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

PICTURE = (
    Action(
        name="look_inside",
        keys="v",
        label="inside",
        help="Look inside the network with this picture.",
        rank=2,
    ),
)
"""What works on a picture that is shown large, besides."""

BATCH = (
    *_MOVES,
    Action(
        name="open",
        keys="enter",
        label="inside",
        help="Look inside the network with the picture, after the update.",
        rank=1,
    ),
    replace(_BACK, help="Go back inside the network, as it was after the update."),
)
"""What works on the pictures of an update."""
