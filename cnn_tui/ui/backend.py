"""Training, and what it would see: all that the interface wants of the engine."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.warm_up import warm_up
from cnn_tui.errors import CnnTuiError
from cnn_tui.host.viewing import check_may_start, looks_only
from cnn_tui.notices import Command
from cnn_tui.preferences import preferences

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.datasets.preview import BatchPreview
    from cnn_tui.engine.batch_preview import BatchPreviews
    from cnn_tui.engine.in_process import OnRun
    from cnn_tui.engine.outcome import Outcome
    from cnn_tui.runs.writer import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why the training thread is free again."""

    problem: str | None = None
    """What kept the run from starting."""
    left: Path | None = None
    """The run, if it goes on in the background."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A run that is to go on, and what is to be different then."""

    run: Path
    more_iterations: int = 0
    """Added to those that are planned."""
    lr: float | None = None
    """The learning rate from there on."""


OnEnded = Callable[[Ending], object]


class Backend:
    """Trains one run at a time, in a thread of its own.

    The callbacks are called from that thread: ``on_run`` with the run directory, before
    the first update, and ``on_ended`` when the thread is free again. What is asked of a
    run counts from its start on, also while torch is still being imported for it.

    Attributes:
        training: The run that is being trained, once its directory exists.
    """

    def __init__(self, runs_folder: Path, data_dir: Path | None) -> None:
        """Starts nothing yet."""
        self.training: Path | None = None
        self.runs_folder = runs_folder
        self.data_dir = data_dir
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trainer")
        self._starting = Lock()
        self._is_closed = False
        self._run: Future[Path | None] | None = None
        self._interrupts = Interrupts()

    @property
    def is_busy(self) -> bool:
        """Whether a run is being started or trained."""
        return self._run is not None and not self._run.done()

    def warm_up(self) -> None:
        """Imports torch, which takes seconds, in the thread that will train."""
        if not looks_only():
            self._thread.submit(warm_up)

    def start(
        self,
        config: "RunConfig",
        *,
        preset: str | None,
        name: str,
        on_run: Callable[[Path], object],
        on_ended: OnEnded,
        on_told: Callable[[str], object],
    ) -> None:
        """Starts a new run; ``on_told`` hears of what is fetched and decoded first."""

        def training(
            interrupts: Interrupts, begun: "OnRun", listener: "Listener"
        ) -> "Outcome":
            from cnn_tui.engine.start import NewRun, start_run

            wanted = NewRun(
                config=config,
                name=name,
                preset=preset,
                runs_folder=self.runs_folder,
                data_dir=self.data_dir,
                tell=on_told,
            )
            return start_run(wanted, interrupts, listener=listener, on_created=begun)

        self._submit(training, on_run, on_ended)

    def resume(
        self,
        wanted: Resumption,
        *,
        on_run: Callable[[Path], object],
        on_ended: OnEnded,
    ) -> None:
        """Goes on with a run that has ended or lost its process."""

        def training(
            interrupts: Interrupts, begun: "OnRun", listener: "Listener"
        ) -> "Outcome":
            from cnn_tui.engine.resume import Changes, resume_run
            from cnn_tui.runs.writer import RunWriter

            rate = [] if wanted.lr is None else [("training.optimizer.lr", wanted.lr)]
            return resume_run(
                RunWriter.open(wanted.run, listener=listener),
                interrupts,
                changes=Changes(more_iterations=wanted.more_iterations, settings=rate),
                data_dir=self.data_dir,
                on_resumed=begun,
            )

        self._submit(training, on_run, on_ended)

    def hand_over(self) -> None:
        """Asks the training to leave itself to a process in the background."""
        self._interrupts.hand_over()

    def interrupt(self, reason: str) -> None:
        """Asks the training to save a checkpoint and end, or not to begin."""
        self._interrupts.interrupt(reason)

    def close(self) -> None:
        """Starts nothing any more: the program ends."""
        with self._starting:
            self._is_closed = True

    def wait(self) -> Path | None:
        """Waits until the thread is free; returns the run if another process has it."""
        if self._run is None or self._run.exception() is not None:
            return None
        return self._run.result()

    def _submit(
        self,
        training: "Callable[[Interrupts, OnRun, Listener], Outcome]",
        on_run: Callable[[Path], object],
        on_ended: OnEnded,
    ) -> None:
        interrupts = Interrupts()
        command = Command(preferences().notices)

        def train() -> Path | None:
            check_may_start()
            warm_up()
            if interrupts.interrupted_by:
                return None
            from cnn_tui.engine.in_process import train_in_process

            outcome = train_in_process(
                lambda begun: training(interrupts, begun, command.record),
                interrupts,
                data_dir=self.data_dir,
                on_run=begun,
                listener=command.record,
            )
            if outcome.handed_over:
                return self.training
            command.end()
            return None

        def begun(run: Path) -> None:
            self.training = run
            command.begin(run)
            on_run(run)

        def ended(future: Future[Path | None]) -> None:
            self.training = None
            error = future.exception()
            if error is not None:
                on_ended(Ending(problem=_sentence(error)))
            else:
                on_ended(Ending(left=future.result()))

        with self._starting:
            if self._is_closed:
                return
            self._interrupts = interrupts
            self._run = self._thread.submit(train)
        self._run.add_done_callback(ended)


class Previews:
    """What a run would train on, before it does; for one thread at a time."""

    def __init__(self, data_dir: Path | None) -> None:
        """Imports nothing yet."""
        self._data_dir = data_dir
        self._made: BatchPreviews | None = None

    def look(
        self,
        config: "RunConfig",
        step: int,
        *,
        augmented: bool,
        tell: Callable[[str], object],
    ) -> "BatchPreview":
        """Returns what update ``step`` would see; ``tell`` may raise to end that.

        Raises:
            DataError: if the data set cannot be loaded.
        """
        if self._made is None:
            warm_up()
            from cnn_tui.engine.batch_preview import BatchPreviews

            self._made = BatchPreviews(self._data_dir)
        return self._made.look(config, step, augmented=augmented, tell=tell)

    def forget(self) -> None:
        """Gives the memory of the images back."""
        if self._made is not None:
            self._made.forget()


def _sentence(error: BaseException) -> str:
    if isinstance(error, CnnTuiError):
        return str(error)
    return f"the run could not be started: {type(error).__name__}: {error}"
