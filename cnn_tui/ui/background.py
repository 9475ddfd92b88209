"""Runs in the background, offered where this process trains one already."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from cnn_tui.errors import CnnTuiError
from cnn_tui.ui.backend import Backend, Resumption
from cnn_tui.ui.screens.dialogs import Choose

if TYPE_CHECKING:
    from cnn_tui.ui.screens.forking import ForkRequested
    from cnn_tui.ui.screens.new_run import NewRunScreen

OnStarted = Callable[[Path], object]
OnProblem = Callable[[str], object]


class BackgroundStarts:
    """Asks, and starts runs in processes of their own; that takes seconds."""

    def __init__(
        self,
        app: App[Any],
        backend: Backend,
        on_started: OnStarted,
        on_problem: OnProblem,
    ) -> None:
        """The callbacks get the run, or a sentence, in the thread of the interface."""
        self._app = app
        self._backend = backend
        self._on_started = on_started
        self._on_problem = on_problem

    def start(self, wanted: "NewRunScreen.StartRequested") -> None:
        """Starts a new run in the background; asks if that is not what was wanted."""

        def start() -> Path:
            from cnn_tui.config import to_yaml
            from cnn_tui.handover import start_in_background

            return start_in_background(
                to_yaml(wanted.config),
                name=wanted.name,
                preset=wanted.preset or wanted.name,
                runs_folder=self._backend.runs_folder,
                data_dir=self._backend.data_dir,
            )

        if wanted.background:
            self._begin(start)
        else:
            self._offer(start)

    def offer_resume(self, wanted: Resumption) -> None:
        """Offers to go on with a run in the background."""

        def start() -> Path:
            from cnn_tui.handover import resume_in_background

            resume_in_background(
                wanted.run,
                self._backend.data_dir,
                more_iterations=wanted.more_iterations,
                lr=wanted.lr,
            )
            return wanted.run

        self._offer(start)

    def fork(self, wanted: "ForkRequested", go_on: OnStarted) -> None:
        """Forks a run, which may have to be replayed; then lets it ``go_on`` here."""

        def start() -> Path:
            from cnn_tui.handover import fork_apart

            return fork_apart(
                wanted.run,
                wanted.step,
                settings=wanted.settings,
                iterations=wanted.iterations,
                background=wanted.background,
                data_dir=self._backend.data_dir,
            )

        self._begin(start, self._on_started if wanted.background else go_on)

    def _offer(self, start: Callable[[], Path]) -> None:
        def answered(key: str | None) -> None:
            if key:
                self._begin(start)
            else:
                self._on_problem("one run trains in this program at a time")

        training = self._backend.training
        question = Choose(
            f"{training.name if training else 'A run'} is training in this program",
            explanation="One run trains here at a time.",
            choices={"b": "start this one in the background"},
        )
        self._app.push_screen(question, answered)

    def _begin(
        self, start: Callable[[], Path], on_started: OnStarted | None = None
    ) -> None:
        def work() -> None:
            try:
                run = start()
            except CnnTuiError as error:
                self._app.call_from_thread(self._on_problem, str(error))
            else:
                self._app.call_from_thread(on_started or self._on_started, run)

        self._app.run_worker(work, thread=True)
