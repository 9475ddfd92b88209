"""Which picture is looked at: one by its number, or those of a class, or mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_tui.errors import InputError
from cnn_tui.text import count, printable

WRONG = "wrong"
PROMPT = 'A class, "wrong" for mistakes only, both, or #1234; nothing for all pictures:'
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What pictures are wanted; all of them where nothing is said."""

    index: int | None = None
    label: int | None = None
    only_wrong: bool = False

    def words(self, class_names: Sequence[str]) -> str:
        """Returns it as it is written: "wrong 7"."""
        wrong = [WRONG] if self.only_wrong else []
        name = [] if self.label is None else [printable(class_names[self.label])]
        return " ".join([*wrong, *name])


def parsed(text: str, class_names: Sequence[str], total: int) -> Wish:
    """Returns what ``text`` means; a number that no class has is a picture's.

    Raises:
        InputError: if it means nothing, or a picture that is not there.
    """
    words = text.split()
    only_wrong = WRONG in words and WRONG not in class_names
    rest = " ".join(word for word in words if not only_wrong or word != WRONG)
    number = rest.removeprefix("#")
    if not rest:
        return Wish(only_wrong=only_wrong)
    if number.isdecimal() and (rest != number or rest not in class_names):
        if len(number) > 12 or int(number) >= total:
            raise InputError(f"there are pictures #0 to #{count(total - 1)}")
        return Wish(index=int(number))
    return Wish(label=_label(rest, class_names), only_wrong=only_wrong)


def matching(
    wish: Wish, labels: "np.ndarray", predicted: "np.ndarray | None"
) -> "np.ndarray":
    """Returns the indices of what is wanted, ascending.

    ``predicted`` is needed where only mistakes are.
    """
    wanted = np.ones(len(labels), bool)
    if wish.label is not None:
        wanted &= labels == wish.label
    if wish.only_wrong:
        assert predicted is not None
        wanted &= labels != predicted
    return wanted.nonzero()[0]


def stepped(index: int, by: int, total: int, among: "np.ndarray | None") -> int:
    """Returns the next or the previous picture, round and round.

    ``by`` is 0 for this one, if it is among those, else the next.
    """
    if among is None:
        return (index + by) % total
    if by < 0:
        return int(among[np.searchsorted(among, index) - 1])
    place = np.searchsorted(among, index, "right" if by else "left")
    return int(among[place % len(among)])


def _label(text: str, class_names: Sequence[str]) -> int:
    folded = [name.casefold() for name in class_names]
    wanted = text.casefold()
    if wanted in folded:
        return folded.index(wanted)
    found = [label for label, name in enumerate(folded) if name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(map(printable, class_names[:_SHOWN]))
    more = ", …" if len(class_names) > _SHOWN else ""
    raise InputError(f"no class {printable(text)}: there are {names}{more}")
