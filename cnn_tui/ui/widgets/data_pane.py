"""The data set of the form: what is in it, and pictures as the network gets them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from cnn_tui.errors import CnnTuiError
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count, percent, printable, shape, significant
from cnn_tui.ui.actions import DATA
from cnn_tui.ui.backend import Previews
from cnn_tui.ui.widgets.class_pictures import ClassPictures

if TYPE_CHECKING:
    import numpy as np

    from cnn_tui.config import RunConfig
    from cnn_tui.config.dataset import DatasetConfig
    from cnn_tui.datasets.preview import BatchPreview

DELAY_SECONDS = 0.15
"""After the last key: whoever types goes on typing."""
_NOTICES = 2
_NO_CONFIG = "There is nothing to show until the settings are corrected."
_AUGMENTED = {
    (True, True): "augmented",
    (False, True): "without the augmentation",
    (False, False): "no augmentation is set",
}
"""By whether it is, and whether it could be."""
_INTERRUPTED = "Interrupted: 4 loads the pictures."


@dataclass(frozen=True, slots=True)
class _Wanted:
    config: "RunConfig"
    step: int
    augmented: bool

    def has_images_of(self, other: "_Wanted | None") -> bool:
        """Whether the other one needs the same images, however they are changed."""
        if other is None:
            return False
        ours, theirs = self.config.dataset, other.config.dataset
        return all(
            getattr(ours, name) == getattr(theirs, name)
            for name in ("name", "folder", "npz", "form", "fractions")
        )


class _Interrupted(Exception):
    """Something else is wanted by now."""


class DataPane(Vertical):
    """Loads, in a thread, what the form wants while the pane is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in DATA]
    DEFAULT_CSS = """
    DataPane {
        & > .facts { height: auto; max-height: 7; margin-bottom: 1; }
        & > ClassPictures { height: 1fr; }
    }
    """

    @dataclass
    class Told(Message):
        """How far the pictures are that are listed and decoded."""

        sentence: str

    @dataclass
    class Looked(Message):
        """The thread is done: with a preview, with a sentence, or interrupted."""

        wanted: _Wanted
        preview: "BatchPreview | None" = None
        problem: str = ""

    def __init__(self, data_dir: Path | None, depth: Depth, *, classes: str) -> None:
        """Looks for data sets in ``data_dir``; shows nothing yet."""
        super().__init__(classes=classes)
        self._previews = Previews(data_dir)
        self.depth = depth
        """How pictures are drawn."""
        self._config: RunConfig | None = None
        self._step = 1
        self._augmented = True
        self._wanted: _Wanted | None = None
        """What is to be shown; None wants nothing, or not any more."""
        self._shown: BatchPreview | None = None
        self._seen: tuple[DatasetConfig, np.ndarray] | None = None
        """A data set, and the first of its pictures that was shown, H×W×3."""
        self._is_reading = False
        self._timer: Timer | None = None
        self.display = False

    def compose(self) -> ComposeResult:
        """Yields the facts and the pictures."""
        yield Static(classes="facts", markup=False)
        yield ClassPictures(self.depth)

    @property
    def picture(self) -> "np.ndarray | None":
        """A picture of the data set, uint8 H×W×3, if one was shown already."""
        if self._seen is None or self._config is None:
            return None
        dataset, picture = self._seen
        return picture if dataset == self._config.dataset else None

    @property
    def is_loading(self) -> bool:
        """Whether images are wanted that are not there yet."""
        return self._wanted is not None and (self._is_reading or self._shown is None)

    def look_at(self, config: "RunConfig | None") -> None:
        """Follows the form; None where it has problems."""
        if config != self._config or config is None:
            self._config = config
            self.ask()

    def ask(self) -> None:
        """Wants what the form says, after a moment; nothing while it is hidden."""
        if not self.display or self._config is None:
            self._wanted = None
            self._say(_NO_CONFIG if self.display else "")
            return
        self._step = min(self._step, self._config.total_steps)
        old, wanted = self._wanted, _Wanted(self._config, self._step, self._augmented)
        if wanted == old and (self._is_reading or self._shown):
            return
        self._wanted = wanted
        if not wanted.has_images_of(old):
            self._say(f"loading {printable(self._config.dataset.title)}…")
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(DELAY_SECONDS, self._read)

    def interrupt(self) -> None:
        """Ends the loading."""
        self._wanted = None
        self._say(_INTERRUPTED)

    def rest(self) -> None:
        """Gives the memory of the images back: something else is on the screen."""
        self._wanted = None
        if not self._is_reading:
            self._previews.forget()

    def on_unmount(self) -> None:
        """Lets the thread end."""
        self._wanted = None

    def focus_pictures(self) -> None:
        """Puts the focus where the pictures scroll."""
        self.query_one(ClassPictures).focus()

    def action_next_batch(self, updates: int) -> None:
        """Shows the batch of another update."""
        if self._config is not None:
            self._step = min(max(self._step + updates, 1), self._config.total_steps)
            self.ask()

    def action_augmented(self) -> None:
        """Shows the images as the augmentation makes them, or without it."""
        self._augmented = not self._augmented
        self.ask()

    def action_resize_pictures(self, step: int) -> None:
        """Draws pictures smaller (1) or larger (-1)."""
        self.query_one(ClassPictures).resize_pictures(step)
        self._show_facts()

    def _read(self) -> None:
        if self._wanted is not None and not self._is_reading:
            self._is_reading = True
            self._read_in_thread(self._wanted)

    @work(thread=True, exit_on_error=False)
    def _read_in_thread(self, wanted: _Wanted) -> None:
        def tell(sentence: str) -> None:
            if not wanted.has_images_of(self._wanted):
                raise _Interrupted
            self.post_message(self.Told(sentence))

        try:
            preview = self._previews.look(
                wanted.config, wanted.step, augmented=wanted.augmented, tell=tell
            )
        except _Interrupted:
            self.post_message(self.Looked(wanted))
        except CnnTuiError as error:
            self.post_message(self.Looked(wanted, problem=str(error)))
        else:
            self.post_message(self.Looked(wanted, preview))

    @on(Worker.StateChanged)
    def _fail(self, event: Worker.StateChanged) -> None:
        event.stop()
        if event.state == WorkerState.ERROR:
            self._is_reading, self._wanted = False, None
            self._say(f"✗ cannot be shown: {printable(event.worker.error)}")

    @on(Told)
    def _show_progress(self, event: Told) -> None:
        event.stop()
        if self._wanted and not self._shown and event.sentence:
            self._say(f"{event.sentence} · esc ends")

    @on(Looked)
    def _show_looked(self, event: Looked) -> None:
        event.stop()
        self._is_reading = False
        if self._wanted is None:
            self._previews.forget()
        elif event.wanted is not self._wanted:
            self._read()
        elif event.preview is None:
            self._say(f"✗ {event.problem}")
        else:
            self._shown = event.preview
            if len(event.preview.pictures):
                self._seen = event.wanted.config.dataset, event.preview.pictures[0]
            self.query_one(ClassPictures).show(event.preview)
            self._show_facts()

    def _say(self, sentence: str) -> None:
        """Shows a sentence in the place of everything else."""
        self._shown = None
        self.query_one(ClassPictures).show(None)
        self.query_one(".facts", Static).update(sentence)
        self._entitle()

    def _show_facts(self) -> None:
        if self._shown is not None:
            factor = self.query_one(ClassPictures).factor
            lines = "\n".join(_facts(self._shown, factor))
            self.query_one(".facts", Static).update(lines)
            self._entitle()

    def _entitle(self) -> None:
        title = f" {printable(self._config.dataset.title)}" if self._config else ""
        self.border_title = Content.assemble(("4", "$text-accent"), f" Data{title}")
        update = f"update {count(self._shown.step)}" if self._shown else None
        self.border_subtitle = Content(update) if update else None


def _facts(shown: "BatchPreview", factor: int) -> Iterator[str]:
    mean, std = (" ".join(f"{v:.4f}" for v in some) for some in (shown.mean, shown.std))
    sums = [f"{part} {count(sum(n))}" for part, n in shown.counts.items()]
    classes = f"{len(shown.class_names)} classes"
    yield " · ".join(
        (shape(shown.input_shape), classes, *sums, f"mean {mean}", f"std {std}")
    )
    values = f"values {significant(shown.low)} … {significant(shown.high)}"
    said = [f"{count(shown.batch_images)} images of update {count(shown.step)}"]
    said += [_AUGMENTED[shown.is_augmented, shown.can_augment], values]
    if shown.share < 1:
        said.append(f"mixed: {percent(shown.share)} of the class named")
    if factor > 1:
        said.append(f"1 dot = {factor}×{factor} pixels")
    yield " · ".join(said)
    if len(shown.notices) > _NOTICES:
        yield "cnn-tui data says more than this:"
    yield from shown.notices[:_NOTICES]
