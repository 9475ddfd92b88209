"""The screens that a message asks for: each is imported when it is first opened."""

import io
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from textual.app import App

from cnn_tui.pictures.depth import Depth, depth_of
from cnn_tui.ui.backend import Backend
from cnn_tui.ui.foreign_runs import is_foreign

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerChoice, MarkerName
    from cnn_tui.ui.compare_requested import CompareRequested
    from cnn_tui.ui.export_requested import ExportRequested
    from cnn_tui.ui.looking import LookInside, LookRequested, MistakesRequested
    from cnn_tui.ui.rates_requested import RatesRequested
    from cnn_tui.ui.screens.race import RaceRequested
    from cnn_tui.ui.sweep_requested import SweepRequested


class OpensScreens(App[int]):
    """What such a screen needs: the engine, and what this terminal draws with."""

    def __init__(self, backend: Backend, marker: "MarkerChoice", pictures: str) -> None:
        """Opens none yet."""
        super().__init__()
        self.backend = backend
        self._marker_choice = marker
        self._pictures_choice = pictures

    @cached_property
    def marker(self) -> "MarkerName":
        """The kind of glyphs that this terminal shows."""
        from cnn_tui.ui.charts import choose_marker

        return choose_marker(self._marker_choice, os.environ.get("TERM", ""))

    @cached_property
    def depth(self) -> Depth:
        """What this terminal draws pictures with."""
        return depth_of(self._pictures_choice, sys.__stdout__ or io.StringIO())

    def on_race_requested(self, message: "RaceRequested") -> None:
        """Tries values side by side."""
        from cnn_tui.ui.screens.race import ask_race

        ask_race(self, message, self.backend, self.marker)

    def on_sweep_requested(self, message: "SweepRequested") -> None:
        """Shows what a sweep has found."""
        self.show_sweep(message.name)

    def show_sweep(self, name: str | None) -> None:
        """Shows the sweep of that name, or lets one be chosen."""
        from cnn_tui.ui.screens.choose_sweep import show_sweep

        show_sweep(self, name, self.backend.runs_folder, self.marker)

    def on_compare_requested(self, message: "CompareRequested") -> None:
        """Shows several runs in one chart."""
        from cnn_tui.ui.screens.compare import CompareScreen

        self.push_screen(CompareScreen(message.runs, self.marker))

    def on_mistakes_requested(self, message: "MistakesRequested") -> None:
        """Shows what the network of a run confuses."""
        if is_foreign(self, message.run):
            return
        from cnn_tui.ui.looking import Looking
        from cnn_tui.ui.screens.mistakes import MistakesScreen

        looking = Looking(message.run, self.backend.data_dir)
        self.push_screen(MistakesScreen(looking, self.depth))

    def on_export_requested(self, message: "ExportRequested") -> None:
        """Writes a run for other programs."""
        from cnn_tui.ui.screens.exporting import export_run

        self.run_worker(export_run(self, message.run, self.backend.data_dir))

    def on_rates_requested(self, message: "RatesRequested") -> None:
        """Shows the loss by the learning rate."""
        from cnn_tui.ui.screens.rates import find_rate

        self.run_worker(find_rate(self, message, self.backend, self.marker))

    def on_look_inside(self, message: "LookInside") -> None:
        """Shows the network from inside with what is looked at already."""
        from cnn_tui.ui.screens.network import NetworkScreen

        self.push_screen(
            NetworkScreen(message.looking, self.depth, self.marker, is_first=False)
        )

    def on_look_requested(self, message: "LookRequested") -> None:
        """Shows the network of a run from inside."""
        if is_foreign(self, message.run):
            return
        from cnn_tui.ui.looking import Looking
        from cnn_tui.ui.screens.network import NetworkScreen

        looking = Looking(message.run, self.backend.data_dir)
        self.push_screen(NetworkScreen(looking, self.depth, self.marker))
