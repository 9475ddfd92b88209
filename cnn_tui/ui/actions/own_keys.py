"""Keys that a person prefers: what of them cannot be."""

from collections.abc import Iterator, Mapping, Sequence

from cnn_tui.text import printable
from cnn_tui.ui.actions.action import Action, printed


def problems_of_keys(
    own: Mapping[str, str], sections: Mapping[str, Sequence[Action]]
) -> Iterator[str]:
    """Yields a sentence for each name that is no action, and each key with two."""
    names = {action.name for actions in sections.values() for action in actions}
    for name in own.keys() - names:
        yield f"keys: there is no action {printable(name)}; cnn-tui config lists them"
    for title, actions in sections.items():
        taken = dict[str, Action]()
        for action in actions:
            for key in action.key_names:
                other = taken.setdefault(key, action)
                if other.name != action.name and {other.name, action.name} & own.keys():
                    yield (
                        f"keys: {printed(key)} means both {other.name} and "
                        f"{action.name} ({title})"
                    )
