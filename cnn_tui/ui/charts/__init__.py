"""The live chart of the dashboard: a Textual widget that knows nothing of runs."""

from cnn_tui.ui.charts.chart import LineChart
from cnn_tui.ui.charts.data import (
    Band,
    ChartData,
    Curve,
    CurveRole,
    Limits,
    LineStyle,
    Mark,
)
from cnn_tui.ui.charts.extremes import Extremes
from cnn_tui.ui.charts.markers import MarkerChoice, MarkerName, choose_marker

__all__ = [
    "Band",
    "ChartData",
    "Curve",
    "CurveRole",
    "Extremes",
    "Limits",
    "LineChart",
    "LineStyle",
    "Mark",
    "MarkerChoice",
    "MarkerName",
    "choose_marker",
]
