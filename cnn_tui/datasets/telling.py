"""Who hears how far a data set is that is fetched, decoded or read."""

from collections.abc import Callable

Tell = Callable[[str], object]
"""Is told what is being done and how far it is, "" at the end; may raise to end it."""


def nobody(sentence: str) -> None:
    """Hears nothing."""
