"""The screen on which a preset is chosen, changed and started."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from cnn_tui.errors import ConfigError
from cnn_tui.host.process import absolute
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import printable
from cnn_tui.ui.actions import NEW_RUN
from cnn_tui.ui.form_fields import label
from cnn_tui.ui.last_used import write_last_used
from cnn_tui.ui.queueing import add_to_queue
from cnn_tui.ui.screens.measuring import MeasuringScreen
from cnn_tui.ui.screens.save_preset import save_as_preset
from cnn_tui.ui.screens.seeds import ask_seeds
from cnn_tui.ui.widgets.data_pane import DataPane
from cnn_tui.ui.widgets.form import Form
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.layer_editor import LayerEditor
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.model_pane import ModelPane
from cnn_tui.ui.widgets.pane_tabs import PaneTabs
from cnn_tui.ui.widgets.preset_list import PresetList, Presets
from cnn_tui.ui.widgets.source_field import SourceField

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.ui.draft import FormView

_OF_A_DRAFT = (
    *("save", "start_background", "queue", "queue_seeds"),
    *("find_rate", "measure"),
)
_MODEL, _SETTINGS, _DATA = 0, 1, 2
"""The panes that share a place where there is little room."""


class NewRunScreen(MeasuringScreen):
    """Presets, and the model, the data and the settings of the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in NEW_RUN]

    @dataclass
    class StartRequested(Message):
        """Somebody wants this run."""

        config: "RunConfig"
        preset: str | None
        name: str
        background: bool = False

    def __init__(
        self, runs_folder: Path, *, data_dir: Path | None, depth: Depth
    ) -> None:
        """Offers runs that will be written to ``runs_folder``."""
        super().__init__(runs_folder, data_dir)
        self._data = DataPane(data_dir, depth, classes="pane")
        self.is_starting = False
        """Whether a run was asked for that neither failed nor has its screen yet."""

    def compose(self) -> ComposeResult:
        """Yields a line at the top, four panes, a line for messages, the keys."""
        with Horizontal(id="top"):
            yield Static("New run", id="heading")
            yield PaneTabs(["2 model", "3 settings", "4 data"])
            yield Static(id="machine", markup=False)
        with Horizontal(id="panes"):
            yield PresetList(id="presets", classes="pane")
            with Vertical(id="chosen"):
                yield ModelPane(id="model", classes="pane")
                yield self._data
                yield Form(id="settings", classes="pane")
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Names the settings, and says where runs are written to."""
        settings = self.query_one(Form)
        settings.border_title = Content.assemble(("3", "$text-accent"), " Settings")
        self.show_expected(None)

    def on_resize(self, event: events.Resize) -> None:
        """Shows model and settings one at a time where there is little room."""
        width, height = event.size
        self.set_class(width < 100 or height < 40, "-small")
        self.set_class(width >= 140, "-roomy")
        self._choose_tab(self.query_one(PaneTabs).current)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Marks the pane that has the focus."""
        for pane in self.query(".pane"):
            is_active = pane in event.widget.ancestors
            if is_active != pane.has_class("-active"):
                # Not by :focus-within, which styles all widgets in the pane again.
                pane.set_class(is_active, "-active", update=False)
                self.app.stylesheet.update_nodes([pane])

    def on_screen_resume(self) -> None:
        """Loads the pictures again if the screen was left."""
        self._data.ask()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tells which actions there are now."""
        on_list = isinstance(self.focused, Presets)
        if action == "start_form":
            return self.draft is not None and not on_list
        if action in _OF_A_DRAFT:
            return self.draft is not None
        if action == "reset":
            return bool(self.draft and (self.draft.edits or self.draft.is_reshaped))
        if action == "filter":  # Textual does not know that "/" is text
            return not isinstance(self.focused, Input)
        if action == "leave":
            is_filtered = bool(self.query("PresetList.-filtering"))
            return not on_list or is_filtered or self._data.is_loading
        return True

    @on(Presets.StartChosen)
    def action_start_form(self) -> None:
        """Asks for the run that the form describes."""
        self._start(background=False)

    def action_start_background(self) -> None:
        """Asks for the run that the form describes, in the background."""
        self._start(background=True)

    def action_queue(self) -> None:
        """Lets the run that the form describes begin when a device is free."""
        self._queue(seeds=1)

    def action_queue_seeds(self) -> None:
        """Does so with several seeds."""
        ask_seeds(self, lambda seeds: self._queue(seeds=seeds))

    def _queue(self, *, seeds: int) -> None:
        self.catch_up()
        config = self.valid_config()
        if self.item is not None and self.draft is not None and config is not None:
            write_last_used(self.item.key, self.draft.remembered)
            add_to_queue(
                self,
                config,
                self.item.file.name,
                seeds=seeds,
                runs_folder=self._runs_folder,
                data_dir=self._data_dir,
            )

    def _start(self, *, background: bool) -> None:
        self.catch_up()
        config = self.valid_config()
        if self.item is None or self.draft is None or config is None:
            return
        write_last_used(self.item.key, self.draft.remembered)
        name = self.item.file.name
        self.is_starting = True
        self.query_one(MessageLine).say(f"starting {printable(name)}…")
        self.post_message(
            self.StartRequested(config, preset=name, name=name, background=background)
        )

    def start_goes_on(self, sentence: str) -> None:
        """Says how far it is, with "" that it goes on."""
        if self.is_starting:
            self.query_one(MessageLine).say(sentence or "starting…")

    def start_failed(self, message: str) -> None:
        """Says why no run could be started; another can be tried."""
        self.is_starting = False
        self.query_one(MessageLine).complain(message)

    def on_screen_suspend(self) -> None:
        """Allows the next start if the run has begun and has a screen of its own."""
        if not isinstance(self.app.screen, ModalScreen):
            self._data.rest()
            self.is_starting = False
            self.draft_changed()

    @work
    async def action_save(self) -> None:
        """Saves the form as a preset."""
        if self.draft is None or self.valid_config() is None:
            return
        try:
            path = await save_as_preset(self.app, self.draft)
        except ConfigError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        if path is not None:
            self.notify(f"saved {printable(path)}", markup=False)
            self.load_and_select(str(absolute(path)))

    def action_filter(self) -> None:
        """Lets the user type what the presets must contain."""
        self.query_one(PresetList).open_filter()

    def action_leave(self) -> None:
        """Ends what is being loaded; goes back to the presets, and to all of them."""
        source = self.query(SourceField)
        if source and source.first().is_looking:
            source.first().interrupt()
            return
        if self._data.is_loading:
            self._data.interrupt()
            return
        presets = self.query_one(PresetList)
        if presets.has_focus_within:
            presets.close_filter()
        presets.focus_list()

    @on(PaneTabs.Chosen)
    def _show_tab(self, event: PaneTabs.Chosen) -> None:
        show = self.action_show_model, self.action_show_settings, self.action_show_data
        show[event.index]()

    def action_show_presets(self) -> None:
        """Puts the focus on the presets."""
        self.query_one(PresetList).focus_list()

    def action_show_model(self) -> None:
        """Shows the model and puts the focus on its layers."""
        self._choose_tab(_MODEL)
        self.query_one(ModelPane).focus_layers()

    def action_show_settings(self) -> None:
        """Shows the settings and puts the focus on the first."""
        self._choose_tab(_SETTINGS)
        self.query_one(Form).focus_first()

    def action_show_data(self) -> None:
        """Shows the data set, in the place of the model, and puts the focus on it."""
        self._choose_tab(_DATA)
        self._data.focus_pictures()

    def _choose_tab(self, chosen: int) -> None:
        """Chooses between model and data, and the settings where there is no room."""
        self.query_one(PaneTabs).current = chosen
        if chosen != _SETTINGS:
            self.set_class(chosen == _DATA, "-data")
        shows_upper = chosen != _SETTINGS or not self.has_class("-small")
        shows_data = self.has_class("-data")
        self.query_one(ModelPane).display = shows_upper and not shows_data
        self._data.display = shows_upper and shows_data
        self.query_one(Form).display = chosen == _SETTINGS or not self.has_class(
            "-small"
        )
        self._data.ask()

    def valid_config(self) -> "RunConfig | None":
        """Returns the config to start or save, or says why there is none."""
        view = self.draft.view() if self.draft else None
        message = self.query_one(MessageLine)
        if self.is_starting:
            message.say("a run is starting already…")
        elif view is None:
            error = self.item.error if self.item else "no preset is chosen"
            message.complain(error or "the preset is still being read")
        elif self.query_one(SourceField).is_looking:
            message.say("the data set is still being looked at…")
        elif self.draft and not self.draft.source and self.draft.to_look_at:
            self.look_at_source()
            message.say("looking at the data set first…")
        elif view.outline.fault is not None:
            self.action_show_model()
            self.query_one(LayerEditor).show_problem()
            message.complain(_impossible(view))
        elif view.config is None:
            self._choose_tab(_SETTINGS)
            self.query_one(Form).focus_first(wrong=True)
            wrong = [f"{label(k)} {f.error}" for k, f in view.fields.items() if f.error]
            message.complain("; ".join((*wrong, *view.problems)))
        else:
            return view.config
        return None

    def draft_changed(self) -> None:
        """Clears what was said of the draft before."""
        if not self.is_starting:
            self.query_one(MessageLine).clear()


def _impossible(view: "FormView") -> str:
    """Says where the layers do not fit, and what would help."""
    remedy = f"; f does this: {view.remedy.words}" if view.remedy else ""
    return f"{printable(view.outline.fault)}{printable(remedy)}"
