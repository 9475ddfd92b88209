"""The import of torch: once in a process, before anything else of the engine."""

from cnn_tui.host.memory import loading
from cnn_tui.host.process import leave_deleted_folder


def warm_up() -> None:
    """Imports torch with all that a training needs of it, which takes seconds.

    That includes its compiler, which the first optimizer imports, for over a second.
    Draws no random number and leaves nothing behind.
    """
    leave_deleted_folder()
    with loading():
        import torch

        torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
