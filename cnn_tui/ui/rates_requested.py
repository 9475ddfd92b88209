"""Asking for the curve of loss against learning rate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from cnn_tui.preflight.messages import FindRate


@dataclass
class RatesRequested(Message):
    """The person wants to find a learning rate."""

    request: "FindRate"
    title: str
    """What it is for."""
    take: Callable[[float], None]
    """Is told the rate, if one was taken."""
