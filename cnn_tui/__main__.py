"""Runs the command line: ``python -m cnn_tui``."""

from cnn_tui.cli import main

if __name__ == "__main__":
    main(prog_name="cnn-tui")
