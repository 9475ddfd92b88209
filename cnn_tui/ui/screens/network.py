"""A network from inside: what each layer makes of a picture, at any moment."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer

from cnn_tui.errors import CnnTuiError
from cnn_tui.pictures.depth import Depth
from cnn_tui.runs import mailbox
from cnn_tui.runs.history import steps_available
from cnn_tui.text import printable
from cnn_tui.ui.actions import NETWORK
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.inside import timeline, words
from cnn_tui.ui.inside.heading import Moments, heading_lines
from cnn_tui.ui.inside.place import View
from cnn_tui.ui.inside.scene import Scene
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.screens.network_dialogs import NetworkDialogs
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.network_panes import NetworkPanes

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerName

WATCH_SECONDS = 1.0


class NetworkScreen(NetworkDialogs):
    """Layers, the maps of one of them, its filters, and what the network answers."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in NETWORK]
    CSS_PATH = "network.tcss"

    def __init__(
        self,
        looking: Looking,
        depth: Depth,
        marker: "MarkerName",
        *,
        is_first: bool = True,
    ) -> None:
        """Looks through ``looking``; the first of its screens ends it when left."""
        super().__init__(looking, depth)
        self._is_first = is_first
        self._glyphs = GLYPHS[marker]
        self._steps: list[int] = []
        self._news: object = self
        self._told = ""
        self._timer: Timer | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it is known what keys could be meant for."""
        return self.scene is not None or bool(self.problem)

    def compose(self) -> ComposeResult:
        """Makes the lines above, the panes, the line of what is read, and the keys."""
        yield Lines(id="inside")
        yield NetworkPanes(self.depth, self._glyphs)
        yield Lines(id="reading")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins to ask, and to follow the run."""
        self._watch()
        self._timer = self.set_interval(WATCH_SECONDS, self._watch)

    async def on_unmount(self) -> None:
        """Ends the process that answered."""
        self.workers.cancel_node(self)
        if self._is_first:
            await self.looking.close()

    def on_screen_suspend(self) -> None:
        """Follows the run no longer while a screen hides this one."""
        if self._timer is not None and not self.app.screen.is_modal:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """Follows the run again, and looks where another screen went."""
        if self._timer is not None:
            self._timer.resume()
        if self.scene is not None:
            self.look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides what an ended run cannot be asked for."""
        return action != "save_checkpoint" or self.run.is_live

    def action_back(self) -> None:
        """Goes from a zoomed map or a study to the sheets, then back."""
        if self.place.view is View.SHEETS:
            self.app.pop_screen()
        else:
            self._show(View.SHEETS)

    def action_move(self, down: int, right: int) -> None:
        """Goes to another layer, channel, filter, value or class."""
        if self.scene is None:
            return
        before = (self.place.layer, self.place.label)
        self.place.move(down, right, self.scene.sizes)
        if (self.place.layer, self.place.label) != before:
            self.look()
        elif self.place.view is View.PATCHES:
            self.find_patches()
        self.draw()

    def action_turn_page(self, by: int) -> None:
        """Goes to the first map or filter of the page before or behind."""
        page = self.query_one(NetworkPanes).page
        if self.scene is None or self.place.view is View.ZOOM or not page:
            return
        at = page.stop if by > 0 else max(0, page.start - len(page))
        if self.patches is not None or self.where is not None:
            self.place.study = at if at < self.query_one(NetworkPanes).count else 0
        elif self.place.in_filters and not self.scene.has_one_input:
            self.place.kernel = at
        else:
            self.place.channel = at
        self.place.fit(self.scene.sizes)
        self.draw()

    def action_open_map(self) -> None:
        """Zooms the map or filter under the cursor; explains a value of a map."""
        if self.scene is None or self.place.view in (View.PATCHES, View.WHERE):
            return
        values, _, _ = self.scene.chosen(self.place)
        if self.place.view is View.SHEETS and values.size > 1:
            self._show(View.ZOOM)
        elif self.scene.row > 0 and not self.place.in_filters:
            self._explain(self.scene)

    def _explain(self, scene: Scene) -> None:
        """Shows how the value under the cursor comes about."""
        from cnn_tui.ui.screens.explorer import ExplorerScreen

        place = (self.place.channel, *self.place.cursor)
        self.app.push_screen(ExplorerScreen(self.looking, scene.facts.number, *place))

    def action_switch_sheets(self) -> None:
        """Goes from the maps to the filters, and back."""
        if self.scene is not None:
            self.place.in_filters = not self.place.in_filters
            self._show(View.SHEETS)

    def action_scale(self) -> None:
        """Takes the next scale of colours."""
        self.place.next_scale()
        self.draw()

    def action_show_patches(self) -> None:
        """Asks what excites the channel most."""
        if self.scene is not None and self.scene.row > 0:
            self.place.in_filters = False
            self._show(View.PATCHES)
            self.find_patches()

    def action_show_where(self) -> None:
        """Asks which places of the picture speak for what the network says."""
        if self.scene is not None:
            self.place.label = int(self.scene.seen.probabilities.argmax())
            self.place.in_filters = False
            self._show(View.WHERE)
            self.find_where()

    def action_step_picture(self, by: int) -> None:
        """Goes to the next or previous of the pictures that are wanted."""
        self.choose(lambda opened, step, tell: self.pictures.go(by, step, opened, tell))

    def action_move_in_time(self, by: int) -> None:
        """Goes to an earlier or later moment of the run."""
        if self.scene is None:
            return
        shown = self.scene.seen.step
        moment = timeline.moved(self._steps, self.looking.moment, shown, by)
        if moment != self.looking.moment:
            self.looking.moment = moment
            self.look()

    def action_save_checkpoint(self) -> None:
        """Asks the run for a checkpoint, which is then looked at."""
        self._told = "asked the run for a checkpoint…"
        try:
            mailbox.send(self.looking.run, "checkpoint")
        except CnnTuiError as error:
            self._told = str(error)
        self.show_words()

    def action_draw_picture(self) -> None:
        """Opens a sheet to draw on."""
        from cnn_tui.ui.screens.draw import DrawScreen

        self.app.push_screen(DrawScreen(self.looking, self.depth))

    def show_words(self) -> None:
        """Says what is looked at, what is under the cursor, and what is wrong."""
        if not self.is_attached:
            return
        said = " · ".join(self.doing.values())
        said = self.problem or (f"{said}…" if said else self._told)
        if self.scene is not None:
            said = said or self._reading(self.scene)
            self.query_one("#inside", Lines).show(self._heading(self.scene))
        reading = self.query_one("#reading", Lines)
        reading.set_class(bool(self.problem), "-problem")
        reading.show([Content(said)])

    @on(NetworkPanes.Resized)
    def draw(self) -> None:
        """Shows the scene from the place where one looks, unless that was left."""
        if self.scene is not None and self.is_attached:
            scene, place = self.scene, self.place
            if place.layer == scene.row:
                place.fit(scene.sizes)
            panes = self.query_one(NetworkPanes)
            panes.show_left(scene, place)
            if place.view is View.PATCHES and self.patches is not None:
                panes.show_patches(scene, place, self.patches)
            elif place.view is View.WHERE and self.where is not None:
                panes.show_where(scene, place, self.where)
            else:
                panes.show_layer(scene, place)
        self.show_words()

    def _show(self, view: View) -> None:
        self.place.view = view
        self.patches = self.where = None
        self.workers.cancel_group(self, f"{READING} study")
        self.draw()

    def _watch(self) -> None:
        """Looks whether the run has gone on; asks again only where it has."""
        self.run.look()
        status = self.run.status
        news = status and (status.last_checkpoint_step, status.best, self.run.state)
        if news == self._news:
            return
        self._news = news
        self.refresh_bindings()
        self._list_moments()
        if self.looking.moment == "newest" or self.scene is None:
            self._told = ""
            self.look()
        self.show_words()

    @work(exclusive=True, group=f"{READING} moments")
    async def _list_moments(self) -> None:
        """Lists the steps that can be looked at; the events of a run may be many."""
        steps = await asyncio.to_thread(steps_available, self.looking.run)
        self._steps = sorted({0, *steps})
        self.show_words()

    def _reading(self, scene: Scene) -> str:
        if self.place.view in (View.SHEETS, View.ZOOM):
            return scene.reading(self.place, self.place.view is View.ZOOM)
        if self.patches is not None:
            return words.patches_words(self.patches)
        if self.where is not None:
            name = scene.opened.class_names[self.place.label or 0]
            return words.where_words(self.where, printable(name))
        return ""

    def _heading(self, scene: Scene) -> list[Content]:
        among = self.pictures.words(scene.opened.class_names)
        moments = Moments(self._steps, self.run)
        return heading_lines(scene, self.looking, moments, among, self._glyphs)
