"""A home of its own for everything that is measured, and the presets it trains."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cnn_tui.config import parse_settings, to_yaml
from cnn_tui.datasets.facts import BUNDLED
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.layout import METRICS

PROGRAM = (sys.executable, "-m", "cnn_tui")
TITLE = "Bench preset"
"""The title of every preset that is written here."""
ENDLESS = ("iterations=100000", "evaluate_every=100000")
"""Settings of a run that is stopped when enough was measured, and never evaluates."""

_SOURCE = Path(__file__).parent.parent
_XDG = ("CACHE", "CONFIG", "DATA", "STATE")
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A temporary folder, and the environment of programs that live in it."""

    root: Path
    environment: dict[str, str]

    def folder(self, name: str) -> Path:
        """Makes a new, empty folder."""
        number = len(list(self.root.glob(f"{name}-*")))
        path = self.root / f"{name}-{number}"
        path.mkdir()
        return path

    def preset(self, folder: Path, name: str, *settings: str) -> Path:
        """Writes a preset with other settings to ``folder/presets/bench.yaml``."""
        preset = read_preset(find_preset(name))
        path = folder / "presets" / "bench.yaml"
        path.parent.mkdir(exist_ok=True)
        config = preset.with_settings(parse_settings([*settings, f"title={TITLE}"]))
        path.write_text(to_yaml(config), encoding="utf-8")
        return path

    def start(self, *command: str, folder: Path) -> subprocess.Popen[bytes]:
        """Starts a program without a terminal; it writes to ``folder/output``."""
        with open(folder / "output", "ab") as output:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def read(self, *command: str, folder: Path) -> str:
        """Runs a program to its end; returns what it printed."""
        return subprocess.run(
            command,
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@contextmanager
def open_workplace() -> Iterator[Workplace]:
    """Makes a workplace with the data already decoded, and removes it at the end."""
    with TemporaryDirectory(prefix="cnn-tui-bench-") as name:
        root = Path(name)
        workplace = Workplace(root=root, environment=_environment(root))
        shutil.copytree(BUNDLED, root / "torchvision")
        folder = workplace.folder("warm")
        workplace.preset(folder, "logistic", "iterations=1")
        workplace.read(*PROGRAM, "train", "presets/bench.yaml", folder=folder)
        yield workplace


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Waits until a condition holds.

    Raises:
        TimeoutError: naming ``what`` was waited for.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(_LOOK_SECONDS)


def wait_for_run(folder: Path) -> Path:
    """Waits for the first run in ``folder/runs`` that trains; returns its directory."""

    def training() -> list[Path]:
        found = folder.glob(f"runs/[!.]*/{METRICS}")
        return [path.parent for path in found if path.stat().st_size]

    wait_until(lambda: bool(training()), f"a run in {folder}")
    return training()[0]


def _environment(root: Path) -> dict[str, str]:
    """Returns this environment, with the user's own folders out of reach."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CNN_TUI_")}
    folders = {f"XDG_{kind}_HOME": str(root / kind) for kind in _XDG}
    return {
        **kept,
        **folders,
        "HOME": str(root),
        "PYTHONPATH": str(_SOURCE),
        "BENCH_TORCHVISION": str(root / "torchvision"),
    }
