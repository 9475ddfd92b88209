"""Titles in borders that cost nothing where they stay as they are."""

from textual.content import Content
from textual.widget import Widget


def set_title(widget: Widget, title: str) -> None:
    """Sets the title of a border; with each, Textual draws all of the widget."""
    if widget.border_title != Content(title).markup:
        widget.border_title = Content(title)


def set_subtitle(widget: Widget, subtitle: str) -> None:
    """Sets the title below, likewise."""
    if (widget.border_subtitle or "") != Content(subtitle).markup:
        widget.border_subtitle = Content(subtitle)
