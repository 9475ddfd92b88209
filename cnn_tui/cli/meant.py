"""What a word of the command line means: a preset, or a run."""

import os
from pathlib import Path


def run_meant(what: str, runs_dir: Path) -> Path | None:
    """Returns the run that is meant; None for a preset, or a file of one.

    A folder is a run; a name is that of a preset before it is the id of a run.

    Raises:
        InputError: if it is neither.
    """
    from cnn_tui.errors import ConfigError, RunDirectoryError
    from cnn_tui.presets.files import find_preset
    from cnn_tui.runs.layout import find_run

    if os.path.isdir(what):
        return find_run(f"{what}/", runs_dir)
    try:
        find_preset(what)
    except ConfigError as unknown:
        try:
            return find_run(what, runs_dir)
        except RunDirectoryError:
            raise unknown from None
    return None
