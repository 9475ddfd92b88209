"""The screen on which a preset is chosen, changed and started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from cnn_tui.errors import ConfigError
from cnn_tui.host.process import absolute
from cnn_tui.presets.files import list_presets
from cnn_tui.text import printable
from cnn_tui.ui.actions import NEW_RUN
from cnn_tui.ui.form_fields import label
from cnn_tui.ui.last_used import read_last_used, write_last_used
from cnn_tui.ui.screens.save_preset import save_as_preset
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.form import Form
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.model_pane import ModelPane
from cnn_tui.ui.widgets.pane_tabs import PaneTabs
from cnn_tui.ui.widgets.preset_list import PresetItem, PresetList, Presets

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.ui.draft import Draft
    from cnn_tui.ui.loading import Machine

_MODEL, _SETTINGS = 0, 1
"""The panes that share a place where there is little room."""


class NewRunScreen(Screen[None]):
    """Presets, the model and the settings of the chosen one.

    It paints the names of the presets at once; all that must import the config models
    is read by a thread after that.
    """

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in NEW_RUN]

    @dataclass
    class StartRequested(Message):
        """Somebody wants this run."""

        config: "RunConfig"
        preset: str | None
        name: str
        background: bool = False

    @dataclass
    class Loaded(Message):
        """Presets and hardware were read."""

        items: Sequence[PresetItem]
        machine: "Machine"

    def __init__(self, runs_folder: Path) -> None:
        """Offers runs that will be written to ``runs_folder``."""
        super().__init__()
        self._runs_folder = runs_folder
        self._edits = read_last_used()
        self._items: dict[str, PresetItem] = {}
        self._machine: Machine | None = None
        self._item: PresetItem | None = None
        self.is_starting = False
        """Whether a run was asked for that neither failed nor has its screen yet."""
        self._select: str | None = None
        self._is_laid_out = False

    def compose(self) -> ComposeResult:
        """Yields a line at the top, three panes, a line for messages, the keys."""
        with Horizontal(id="top"):
            yield Static("New run", id="heading")
            yield PaneTabs(["2 model", "3 settings"])
            yield Static(id="machine", markup=False)
        with Horizontal(id="panes"):
            yield PresetList(id="presets", classes="pane")
            with Vertical(id="chosen"):
                yield ModelPane(id="model", classes="pane")
                yield Form(id="settings", classes="pane")
        yield MessageLine()
        yield KeyBar()

    @property
    def is_ready(self) -> bool:
        """Whether the form of the preset that keys are meant for can be used."""
        return self._is_laid_out and self._select is None

    @property
    def _draft(self) -> "Draft | None":
        return self._item.draft if self._item else None

    def on_mount(self) -> None:
        """Shows the names of the presets; nothing was read yet."""
        settings, presets = self.query_one(Form), self.query_one(PresetList)
        settings.border_title = Content.assemble(("3", "$text-accent"), " Settings")
        settings.border_subtitle = Content(f"into {printable(self._runs_folder)}")
        presets.show([PresetItem(file=file) for file in list_presets()])
        presets.focus_list()

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
        """Reads the presets, again if the screen was left."""
        self.call_after_refresh(self._load)

    @work(thread=True, exclusive=True, group=READING)
    def _load(self) -> None:
        # Only here, in a thread after the first paint: it takes 0.3 s.
        from cnn_tui.ui.loading import read_item, read_machine

        machine = self._machine or read_machine()
        found = [PresetItem(file=file) for file in list_presets()]
        items = [read_item(i.file, self._edits.get(i.key, {})) for i in found]
        self.post_message(self.Loaded(items, machine))

    @on(Loaded)
    async def _show_loaded(self, event: Loaded) -> None:
        if self._machine is None:
            self._machine = event.machine
            self.query_one("#machine", Static).update(event.machine.summary)
            await self.query_one(Form).build(event.machine.choices)
        self._items = {item.key: item for item in event.items}
        self.query_one(PresetList).show(self._items.values(), self._select)
        self._select = None
        self._lay_out()

    @on(PresetList.Highlighted)
    def _show_preset(self, event: PresetList.Highlighted) -> None:
        item, old = event.item, self._item
        if item is not None and self._machine is not None:
            item = self._read_again(item)
        self._item = item
        if item is None or old is None or item.key != old.key:
            self._clear_message()
        self.query_one(ModelPane).show(item)
        self._show_draft(refill=True)

    def _read_again(self, item: PresetItem) -> PresetItem:
        """Reads a preset, which may have been changed or deleted meanwhile."""
        from cnn_tui.ui.loading import read_item

        fresh = read_item(item.file, self._edits.get(item.key, {}))
        self._items[item.key] = fresh
        if bool(fresh.error) != bool(item.error):
            self.query_one(PresetList).show(self._items.values(), item.key)
        return fresh

    @on(Field.Changed)
    def _edit(self, event: Field.Changed) -> None:
        if self._item and self._item.draft:
            draft = self._item.draft.edited(event.key, event.text)
            self._change(replace(self._item, draft=draft), draft.edits, refill=False)

    def action_reset(self) -> None:
        """Goes back to the values of the preset."""
        if self._item and self._item.draft:
            draft = replace(self._item.draft, edits={})
            self._change(replace(self._item, draft=draft), {}, refill=True)

    def _change(
        self, item: PresetItem, edits: Mapping[str, str], *, refill: bool
    ) -> None:
        self._item = item
        self._edits[item.key] = dict(edits)
        self._clear_message()
        self._show_draft(refill=refill)

    def _show_draft(self, *, refill: bool) -> None:
        """Shows what the preset and the edits give."""
        view = self._draft.view() if self._draft else None
        form = self.query_one(Form)
        shown = form.shown
        with self.app.batch_update():
            self.query_one(ModelPane).show_layers(view.table if view else None)
            error = self._item.error if self._item else ""
            form.show(view, refill=refill, error=error)
        if form.shown != shown:
            self._lay_out()
        self.refresh_bindings()

    def _lay_out(self) -> None:
        """Lets keys wait until fields have their places: Tab goes by them."""
        self._is_laid_out = False
        self.call_after_refresh(setattr, self, "_is_laid_out", True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Tells which actions there are now."""
        on_list = isinstance(self.focused, Presets)
        if action == "start_form":
            return self._draft is not None and not on_list
        if action in ("save", "start_background"):
            return self._draft is not None
        if action == "reset":
            return bool(self._draft and self._draft.edits)
        if action == "filter":  # Textual does not know that "/" is text
            return not isinstance(self.focused, Input)
        if action == "leave":
            return not on_list or bool(self.query("PresetList.-filtering"))
        return True

    @on(Presets.StartChosen)
    def action_start_form(self) -> None:
        """Asks for the run that the form describes."""
        self._start(background=False)

    def action_start_background(self) -> None:
        """Asks for the run that the form describes, in the background."""
        self._start(background=True)

    def _start(self, *, background: bool) -> None:
        self._catch_up()
        config = self._valid_config()
        if self._item is None or self._item.draft is None or config is None:
            return
        write_last_used(self._item.key, self._item.draft.used_edits)
        name = self._item.file.name
        self.is_starting = True
        self.query_one(MessageLine).say(f"starting {printable(name)}…")
        self.post_message(
            self.StartRequested(config, preset=name, name=name, background=background)
        )

    def _catch_up(self) -> None:
        """Shows what is selected: a quick key comes before the news of the last one."""
        item = self.query_one(PresetList).highlighted
        if item is not None and (self._item is None or item.key != self._item.key):
            self._show_preset(PresetList.Highlighted(item))

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
            self.is_starting = False
            self._clear_message()

    @work
    async def action_save(self) -> None:
        """Saves the form as a preset."""
        if self._draft is None or self._valid_config() is None:
            return
        try:
            path = await save_as_preset(self.app, self._draft)
        except ConfigError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        if path is not None:
            self._select = str(absolute(path))
            self.notify(f"saved {printable(path)}", markup=False)
            self._load()

    def action_filter(self) -> None:
        """Lets the user type what the presets must contain."""
        self.query_one(PresetList).open_filter()

    def action_leave(self) -> None:
        """Goes back to the presets, and then to all of them."""
        presets = self.query_one(PresetList)
        if presets.has_focus_within:
            presets.close_filter()
        presets.focus_list()

    @on(PaneTabs.Chosen)
    def _show_tab(self, event: PaneTabs.Chosen) -> None:
        if event.index == _MODEL:
            self.action_show_model()
        else:
            self.action_show_settings()

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

    def _choose_tab(self, chosen: int) -> None:
        """Chooses what is shown where there is no room for model and settings."""
        self.query_one(PaneTabs).current = chosen
        is_small = self.has_class("-small")
        self.query_one(ModelPane).display = chosen == _MODEL or not is_small
        self.query_one(Form).display = chosen == _SETTINGS or not is_small

    def _valid_config(self) -> "RunConfig | None":
        """Returns the config to start or save, or says why there is none."""
        view = self._draft.view() if self._draft else None
        message = self.query_one(MessageLine)
        if self.is_starting:
            message.say("a run is starting already…")
        elif view is None:
            error = self._item.error if self._item else "no preset is chosen"
            message.complain(error or "the preset is still being read")
        elif view.config is None:
            self._choose_tab(_SETTINGS)
            self.query_one(Form).focus_first(wrong=True)
            wrong = [f"{label(k)} {f.error}" for k, f in view.fields.items() if f.error]
            message.complain("; ".join((*wrong, *view.problems)))
        else:
            return view.config
        return None

    def _clear_message(self) -> None:
        if not self.is_starting:
            self.query_one(MessageLine).clear()
