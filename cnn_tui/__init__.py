"""cnn-tui: the terminal workbench for training convolutional networks."""

__version__ = "0.1.0"
