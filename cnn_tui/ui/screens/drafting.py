"""The presets, and what was typed over the one that is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from cnn_tui.host.process import absolute
from cnn_tui.presets.files import PresetFile, list_presets
from cnn_tui.ui.form_fields import SOURCE
from cnn_tui.ui.last_used import Edits, read_last_used
from cnn_tui.ui.screens.choose_layer import ChooseLayer
from cnn_tui.ui.screens.choose_transformation import ChooseTransformation
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.data_pane import DataPane
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.form import Form
from cnn_tui.ui.widgets.layer_editor import LayerEditor
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.model_pane import ModelPane
from cnn_tui.ui.widgets.preset_list import PresetItem, PresetList
from cnn_tui.ui.widgets.source_field import SourceField

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.preflight.remembered import Entry
    from cnn_tui.shaping.history import History
    from cnn_tui.ui.data_source import Source
    from cnn_tui.ui.draft import Draft
    from cnn_tui.ui.loading import Machine


class DraftingScreen(Screen[None]):
    """A screen with a list of presets, and panes of the one that is chosen.

    It paints the names of the presets at once; all that must import the config models
    is read by a thread after that.
    """

    @dataclass
    class Loaded(Message):
        """Presets and hardware were read."""

        items: Sequence[PresetItem]
        machine: "Machine"
        known: "Sequence[Entry]"
        """What was measured on it."""

    def __init__(self) -> None:
        """Reads what was typed the last time, and no preset yet."""
        super().__init__()
        self.item: PresetItem | None = None
        """The preset that is chosen."""
        self._edits = read_last_used()
        self._items: dict[str, PresetItem] = {}
        self._histories: dict[str, History] = {}
        self._sources: dict[str, Source] = {}
        """What paths to images were found to mean."""
        self._offered: dict[Path, PresetFile] = {}
        self._machine: Machine | None = None
        self._known: Sequence[Entry] = []
        self._select: str | None = None
        self._is_laid_out = False

    @property
    def draft(self) -> "Draft | None":
        """The preset that is chosen, with what was typed over it."""
        return self.item.draft if self.item else None

    @property
    def is_ready(self) -> bool:
        """Whether the form of the preset that keys are meant for can be used."""
        return self._is_laid_out and self._select is None

    def draft_changed(self) -> None:
        """Is called when something was typed, or another preset is chosen."""

    def show_expected(self, config: "RunConfig | None") -> None:
        """Is called when another config would be started, if any."""

    def on_mount(self) -> None:
        """Shows the names of the presets; nothing was read yet."""
        presets = self.query_one(PresetList)
        presets.show([PresetItem(file=file) for file in list_presets()])
        presets.focus_list()

    def on_screen_resume(self) -> None:
        """Reads the presets, again if the screen was left."""
        self.call_after_refresh(self._load)

    def offer(self, path: Path) -> None:
        """Has a file among the presets as long as the program runs, and chooses it."""
        self._offered[path] = PresetFile(path=path, builtin=False)
        self.load_and_select(str(absolute(path)))

    def load_and_select(self, key: str) -> None:
        """Reads the presets again, and chooses one that is new."""
        self._select = key
        self._load()

    @work(thread=True, exclusive=True, group=READING)
    def _load(self) -> None:
        # Only here, in a thread after the first paint: it takes 0.3 s.
        from cnn_tui.preflight.remembered import read_known
        from cnn_tui.ui.loading import read_item, read_machine

        machine = self._machine or read_machine()
        files = [*list_presets(), *self._offered.values()]
        found = [PresetItem(file=file) for file in files]
        items = [read_item(i.file, *self._typed(i.key)) for i in found]
        self.post_message(self.Loaded(items, machine, read_known()))

    @on(Loaded)
    async def _show_loaded(self, event: Loaded) -> None:
        if self._machine is None:
            self._machine = event.machine
            self.query_one("#machine", Static).update(event.machine.summary)
            await self.query_one(Form).build(event.machine.choices)
        self._known = event.known
        self._items = {item.key: item for item in event.items}
        self.query_one(PresetList).show(self._items.values(), self._select)
        self._select = None
        self._lay_out()

    def catch_up(self) -> None:
        """Shows what is selected: a quick key comes before the news of the last one."""
        item = self.query_one(PresetList).highlighted
        if item is not None and (self.item is None or item.key != self.item.key):
            self._show_preset(PresetList.Highlighted(item))

    @on(PresetList.Highlighted)
    def _show_preset(self, event: PresetList.Highlighted) -> None:
        item, old = event.item, self.item
        if item is not None and self._machine is not None:
            item = self._read_again(item)
        self.item = item
        if item is None or old is None or item.key != old.key:
            self.draft_changed()
        self.query_one(ModelPane).show(item)
        self._show_draft(refill=True)
        if self.draft and not self.draft.source:
            self.look_at_source()  # typed earlier, perhaps in another session

    def _read_again(self, item: PresetItem) -> PresetItem:
        """Reads a preset, which may have been changed or deleted meanwhile."""
        from cnn_tui.ui.loading import read_item

        fresh = read_item(item.file, *self._typed(item.key))
        if fresh.draft and (history := self._histories.get(item.key)):
            fresh = replace(fresh, draft=replace(fresh.draft, history=history))
        self._items[item.key] = fresh
        if bool(fresh.error) != bool(item.error):
            self.query_one(PresetList).show(self._items.values(), item.key)
        return fresh

    def _typed(self, key: str) -> "tuple[Edits, Source | None]":
        """Returns what was typed over a preset, and what is known of its images."""
        edits = self._edits.get(key, {})
        return edits, self._sources.get(edits.get(SOURCE, "").strip())

    @on(SourceField.Left)
    def look_at_source(self) -> None:
        """Looks at the path that was typed; that may take long."""
        if self.draft and self.draft.to_look_at:
            self.query_one(SourceField).look_at(self.draft.to_look_at)

    @on(SourceField.Looked)
    def _take_source(self, event: SourceField.Looked) -> None:
        self._sources[event.source.text] = event.source
        draft = self.draft
        if draft and draft.to_look_at == event.source.text:
            self._change(replace(draft, looked_at=event.source), refill=False)

    @on(Field.Changed)
    def _edit(self, event: Field.Changed) -> None:
        if self.draft:
            self._change(self.draft.edited(event.key, event.text), refill=False)

    @on(LayerEditor.Edited)
    def _reshape(self, event: LayerEditor.Edited) -> None:
        self._change(event.draft, refill=False)

    @on(LayerEditor.TypeWanted)
    def _choose_type(self) -> None:
        self.app.push_screen(ChooseLayer(), self.query_one(LayerEditor).insert)

    @on(LayerEditor.TransformationWanted)
    def _choose_transformation(self, event: LayerEditor.TransformationWanted) -> None:
        shape = event.view.outline.table.input_shape
        asked = ChooseTransformation(event.draft.layers, shape, event.view.classes)
        self.app.push_screen(asked, self.query_one(LayerEditor).take_net)

    @on(LayerEditor.ExplanationWanted)
    def _explain(self, event: LayerEditor.ExplanationWanted) -> None:
        from cnn_tui.shaping.edit import number
        from cnn_tui.shaping.explained import stages_of
        from cnn_tui.ui.screens.explain import ExplainScreen

        stages = stages_of(event.outline)
        numbers = [stage.number for stage in stages]
        wanted = number(event.row.path) if event.row else "1"
        if wanted not in numbers:
            sentence = f"layer {wanted} cannot be explained: no picture gets through it"
            self.query_one(MessageLine).say(sentence)
            return
        data, at = self.query_one(DataPane), numbers.index(wanted)
        page = ExplainScreen(stages, at, data.picture, data.depth)
        self.app.push_screen(page, self.query_one(LayerEditor).look_at)

    def action_reset(self) -> None:
        """Goes back to the values of the preset."""
        if self.draft:
            self._change(self.draft.reset(), refill=True)

    def _change(self, draft: "Draft", *, refill: bool) -> None:
        if self.item is None:
            return
        self.item = replace(self.item, draft=draft)
        self._edits[self.item.key] = dict(draft.edits)
        self._histories[self.item.key] = draft.history
        self.draft_changed()
        self._show_draft(refill=refill)

    def _show_draft(self, *, refill: bool) -> None:
        """Shows what the preset and the edits give."""
        view = self.draft.view() if self.draft else None
        form = self.query_one(Form)
        shown = form.shown
        with self.app.batch_update():
            self.query_one(ModelPane).show_layers(self.draft, view)
            error = self.item.error if self.item else ""
            form.show(view, refill=refill, error=error)
            self.query_one(DataPane).look_at(view.config if view else None)
            self.show_expected(view.config if view else None)
        if form.shown != shown:
            self._lay_out()
        self.refresh_bindings()

    def _lay_out(self) -> None:
        """Lets keys wait until fields have their places: Tab goes by them."""
        self._is_laid_out = False
        self.call_after_refresh(setattr, self, "_is_laid_out", True)
