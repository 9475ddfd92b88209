"""Small real runs that differ in one thing each."""

from pathlib import Path

from cnn_tui.config import parse_settings
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset

RUNS = {
    "seed-0": ("logistic", "seed=0"),
    "seed-1": ("logistic", "seed=1"),
    "fast": ("logistic", "lr=0.2"),
    "deeper": ("feedforward", "seed=0"),
}
"""Their presets, and what is their own."""


def make_runs(folder: Path) -> list[Path]:
    """Trains them, 40 updates each on 500 images, in this order."""
    made: list[Path] = []
    shared = ["iterations=40", "evaluate_every=10", "train_images=500", "threads=1"]
    for name, (preset, own) in RUNS.items():
        settings = parse_settings([*shared, own])
        config = read_preset(find_preset(preset)).with_settings(settings)
        request = NewRun(config=config, name=name, preset=preset, runs_folder=folder)
        start_run(request, Interrupts(), on_created=made.append)
    return made
