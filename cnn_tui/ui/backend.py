"""Training in this process: the one module of the interface that reaches the engine."""

import importlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_tui.errors import CnnTuiError

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig


class Backend:
    """Trains one run at a time, in a thread of its own.

    Attributes:
        training: The run that is being trained, once its directory exists.
    """

    def __init__(self, runs_folder: Path, data_dir: Path | None) -> None:
        """Starts nothing yet."""
        self.training: Path | None = None
        self._runs_folder = runs_folder
        self._data_dir = data_dir
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trainer")
        self._run: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a run is being started or trained."""
        return self._run is not None and not self._run.done()

    def warm_up(self) -> None:
        """Imports torch, which takes seconds, in the thread that will train."""
        self._thread.submit(importlib.import_module, "cnn_tui.engine.start")

    def start(
        self,
        config: "RunConfig",
        *,
        preset: str | None,
        name: str,
        on_created: Callable[[Path], object],
        on_ended: Callable[[str | None], object],
    ) -> None:
        """Starts a run. The callbacks are called from the training thread.

        Args:
            config: What to train.
            preset: The preset that it comes from.
            name: What the run is called.
            on_created: Gets the run directory, before the first update.
            on_ended: Gets what went wrong if no run could be started, else None.
        """

        def train() -> None:
            from cnn_tui.engine.control import Control
            from cnn_tui.engine.start import Request, start_run

            request = Request(
                config=config,
                name=name,
                preset=preset,
                runs_folder=self._runs_folder,
                data_dir=self._data_dir,
            )
            start_run(request, Control(), on_created=created)

        def created(run: Path) -> None:
            self.training = run
            on_created(run)

        def ended(future: Future[None]) -> None:
            self.training = None
            error = future.exception()
            on_ended(None if error is None else _sentence(error))

        self._run = self._thread.submit(train)
        self._run.add_done_callback(ended)


def _sentence(error: BaseException) -> str:
    if isinstance(error, CnnTuiError):
        return str(error)
    return f"the run could not be started: {type(error).__name__}: {error}"
