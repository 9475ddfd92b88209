"""Undo and redo without a limit, and a net as text to be remembered."""

import json
from dataclasses import dataclass

from cnn_tui.shaping.edit import Items, is_net


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The layers as they are now, as they were, and as they were before an undo."""

    present: Items | None = None
    """None where they are the preset's own."""
    past: tuple[Items | None, ...] = ()
    future: tuple[Items | None, ...] = ()

    def then(self, items: Items | None) -> "History":
        """Returns the history with one more edit; what was undone is forgotten."""
        return History(present=items, past=(*self.past, self.present))

    def undone(self) -> "History":
        """Returns the history before the last edit, or itself if there is none."""
        if not self.past:
            return self
        *past, present = self.past
        future = (self.present, *self.future)
        return History(present=present, past=tuple(past), future=future)

    def redone(self) -> "History":
        """Returns the history after the edit that was undone last, or itself."""
        if not self.future:
            return self
        present, *future = self.future
        past = (*self.past, self.present)
        return History(present=present, past=past, future=tuple(future))


def remembered(items: Items) -> str:
    """Returns a net as text."""
    return json.dumps(items)


def recalled(text: str) -> Items | None:
    """Returns the net that a text holds, None if it holds none."""
    try:
        items: Items = json.loads(text)
        return items if is_net(items) else None
    except (ValueError, RecursionError):
        return None
