"""The pictures that one goes through: all of them, those of a class, or mistakes."""

from collections.abc import Callable, Sequence

import numpy as np

from cnn_tui.errors import InputError
from cnn_tui.look.messages import Labels, ListLabels, Opened, Predict, Predictions
from cnn_tui.look.messages import Picture as Chosen
from cnn_tui.text import count
from cnn_tui.ui.inside.choice import Wish, matching, stepped
from cnn_tui.ui.looking import Looking

Tell = Callable[[int, int], None]


class Pictures:
    """Chooses the picture of a ``Looking``, and remembers what is wanted.

    Attributes:
        wish: What pictures one goes through.
    """

    def __init__(self, looking: Looking) -> None:
        """Goes through all of the test set."""
        self.wish = Wish()
        self._looking = looking
        self._labels: np.ndarray | None = None
        self._predictions: Predictions | None = None
        self._among: np.ndarray | None = None

    async def choose(self, wish: Wish, step: int, opened: Opened, tell: Tell) -> None:
        """Goes to the first picture that is wanted, from this one on.

        ``step`` is that of the weights that are looked at. Raises InputError if there
        is no such picture.
        """
        if wish.index is not None:
            self.wish, self._among = Wish(), None
            self._looking.picture = Chosen(index=wish.index)
            return
        among = await self._matching(wish, step, tell)
        if among is not None and not len(among):
            raise InputError(f"no picture: {wish.words(opened.class_names)}")
        self.wish, self._among = wish, among
        self._go(0, opened)

    async def go(self, by: int, step: int, opened: Opened, tell: Tell) -> None:
        """Goes to the next or previous one of those that are wanted."""
        if self.wish.only_wrong:  # of these weights
            self._among = await self._matching(self.wish, step, tell)
        self._go(by, opened)

    def words(self, class_names: Sequence[str]) -> str:
        """Returns what one goes through: "118 wrong"; nothing for all."""
        if self._among is None:
            return ""
        return f"among {count(len(self._among))} {self.wish.words(class_names)}"

    def _go(self, by: int, opened: Opened) -> None:
        index, total = self._looking.picture.index, opened.pictures["test"]
        among = self._among if self._among is not None and len(self._among) else None
        self._looking.picture = Chosen(index=stepped(index, by, total, among))

    async def _matching(self, wish: Wish, step: int, tell: Tell) -> "np.ndarray | None":
        if wish.only_wrong:
            found = await self._predicted(step, tell)
            return matching(wish, found.labels, found.predicted)
        if wish.label is None:
            return None
        if self._labels is None:
            self._labels = (await self._looking.look.ask(ListLabels(), Labels)).labels
        return matching(wish, self._labels, None)

    async def _predicted(self, step: int, tell: Tell) -> Predictions:
        if self._predictions is None or self._predictions.step != step:
            question = Predict(moment=self._looking.moment)
            look = self._looking.look
            self._predictions = await look.ask(question, Predictions, tell)
        return self._predictions
