"""Which sweep is shown: that of a run, the only one, or one that is chosen."""

from collections.abc import Sequence
from pathlib import Path

from textual.app import App

from cnn_tui.errors import CnnTuiError
from cnn_tui.sweeps.files import SweepFolder, find_sweep, list_sweeps
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.screens.dialogs import Choose
from cnn_tui.ui.screens.sweep import SweepScreen

_MOST_CHOICES = 9


def show_sweep(
    app: App[int], name: str | None, runs_folder: Path, marker: MarkerName
) -> None:
    """Opens the sweep that is meant, or the only one, or lets one be chosen."""
    if name is not None:
        try:
            app.push_screen(SweepScreen(find_sweep(name, runs_folder), marker))
        except CnnTuiError as error:
            app.notify(str(error), severity="error", markup=False)
        return
    sweeps = sorted(list_sweeps(runs_folder), key=_made_at, reverse=True)
    if not sweeps:
        app.notify("no sweep yet: cnn-tui sweep model-c --over lr=0.01..0.3:log")
    elif len(sweeps) == 1:
        app.push_screen(SweepScreen(sweeps[0], marker))
    else:
        _choose_sweep(app, sweeps[:_MOST_CHOICES], marker)


def _choose_sweep(
    app: App[int], sweeps: Sequence[SweepFolder], marker: MarkerName
) -> None:
    def chosen(key: str | None) -> None:
        if key is not None:
            app.push_screen(SweepScreen(sweeps[int(key) - 1], marker))

    names = {str(place): it.name for place, it in enumerate(sweeps, 1)}
    explanation = "The newest are listed; cnn-tui sweep NAME --watch opens any."
    app.push_screen(Choose("Sweeps", explanation=explanation, choices=names), chosen)


def _made_at(sweep: SweepFolder) -> float:
    try:
        return sweep.path.stat().st_ctime
    except OSError:
        return 0.0
