"""cnn-tui: the terminal workbench for training convolutional networks."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnn_tui.foreign.log import RunLog

__all__ = ["RunLog"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports what other programs use, so that the command line starts light."""
    if name != "RunLog":
        raise AttributeError(f"cnn_tui has no {name}")
    from cnn_tui.foreign.log import RunLog

    return RunLog
