"""What is measured of a draft before it is started, and what it then is to take."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from cnn_tui.text import printable
from cnn_tui.ui.form_fields import label
from cnn_tui.ui.rates_requested import RatesRequested
from cnn_tui.ui.screens.drafting import DraftingScreen
from cnn_tui.ui.widgets.form import Form
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.titles import set_subtitle

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig, Setting


class MeasuringScreen(DraftingScreen):
    """A screen whose draft can be measured; what is taken is an edit like others."""

    def __init__(self, runs_folder: Path, data_dir: Path | None) -> None:
        """Measures nothing yet."""
        super().__init__()
        self._runs_folder = runs_folder
        self._data_dir = data_dir

    def valid_config(self) -> "RunConfig | None":
        """Returns the config of the draft, or says why there is none."""
        raise NotImplementedError

    @work
    async def action_measure(self) -> None:
        """Shows how fast this is here, and how it would be faster."""
        from cnn_tui.ui.screens.preflight import measure_first

        self.catch_up()
        config = self.valid_config()
        if config is not None and self.item is not None:
            title = self.item.file.name
            taken = await measure_first(
                self.app, config, title, self._runs_folder, self._data_dir
            )
            self._take(taken)

    def action_find_rate(self) -> None:
        """Shows what the loss does at higher and higher learning rates."""
        from cnn_tui.config import to_mapping
        from cnn_tui.preflight.messages import FindRate

        self.catch_up()
        config = self.valid_config()
        if config is not None and self.item is not None:
            request = FindRate(config=to_mapping(config))
            name = self.item.file.name
            self.post_message(RatesRequested(request, name, self._take_rate))

    def show_expected(self, config: "RunConfig | None") -> None:
        """Says below the settings what a run would take, as far as that is known."""
        words = f"into {printable(self._runs_folder)}"
        if config is not None:
            from cnn_tui.preflight.remembered import expect, in_words

            if (expected := expect(config, self._known)) is not None:
                words = f"{in_words(config, expected)} · {words}"
        set_subtitle(self.query_one(Form), words)

    def _take_rate(self, rate: float) -> None:
        self._take([("training.optimizer.lr", f"{rate:g}")])

    def _take(self, settings: "Sequence[Setting]") -> None:
        draft = self.draft
        if draft is None or not settings:
            return
        for key, value in settings:
            draft = draft.edited(key, str(value))
        self._change(draft, refill=True)
        now = " and ".join(f"{label(key)} is {value}" for key, value in settings)
        self.query_one(MessageLine).say(f"{now} now")
