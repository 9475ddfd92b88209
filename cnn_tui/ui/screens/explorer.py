"""How one value of a layer comes about, in numbers and in colours."""

import asyncio
from dataclasses import replace
from typing import ClassVar

import numpy as np
from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label
from textual.worker import Worker

from cnn_tui.errors import InputError, TrainingError
from cnn_tui.layers import Conv2d
from cnn_tui.look import messages as ask
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count, printable
from cnn_tui.ui.actions import EXPLORER
from cnn_tui.ui.explorer.numbers import PLAIN, Signs
from cnn_tui.ui.explorer.page import page
from cnn_tui.ui.explorer.view import Place, View, layer_of, shape_before
from cnn_tui.ui.explorer.what_if import grey_of
from cnn_tui.ui.explorer.words import title
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.screens.inquiry import UNHURRIED_SECONDS
from cnn_tui.ui.screens.what_if import WhatIfScreen
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.picture_view import PictureView

PLAY_SECONDS = 0.2
"""For one place while playing: what is sent for it is 4 to 30 kilobytes."""
_NAMES = {action.name.partition("(")[0] for action in EXPLORER}


class ExplorerScreen(Screen[None]):
    """One value of a layer: its window, its kernel, its sum; arrows slide it."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in EXPLORER]
    DEFAULT_CSS = """
    ExplorerScreen {
        & #value { height: 1; background: $panel; padding: 0 1; }
        & #problem { width: 1fr; color: $text-error; display: none; }
        & #captions { height: 1; color: $foreground 60%; }
        & #pictures { height: auto; }
        & #sums { width: 1fr; height: 100%; padding-left: 1; }
        & #details { height: 1fr; }
    }
    """

    def __init__(
        self, looking: Looking, layer: str, channel: int, y: int = 0, x: int = 0
    ) -> None:
        """Explains a value of a layer; of a flat output, the channel is the feature."""
        super().__init__()
        self._looking = looking
        self._layer = layer
        self._place: Place = (channel, y, x)
        self._visited: dict[int, np.ndarray] = {}
        self._shows_all = False
        self._view: View | None = None
        self._problem = ""
        self._height = 0
        self._playing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Makes title, captions, pictures, sum, numbers and keys."""
        yield Lines(id="value")
        yield Label(id="problem", markup=False)
        yield Lines(id="captions")
        with Horizontal(id="pictures"):
            yield PictureView(self._depth, id="maps")
            yield Lines(id="sums")
        yield Lines(id="details")
        yield KeyBar()

    @property
    def is_ready(self) -> bool:
        """Whether there is a value that keys could be meant for."""
        return self._view is not None or bool(self._problem)

    def on_mount(self) -> None:
        """Asks for the value."""
        self._look()

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the room that there is now."""
        self.call_after_refresh(self._draw)

    def on_screen_suspend(self) -> None:
        """Stands still while another screen is on top."""
        self._stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides what has no meaning for this layer."""
        view = self._view
        if view is None:
            return action == "leave" or action not in _NAMES
        if action in ("play", "strongest", "show_all"):
            return view.seen.maps.ndim == 3
        if action == "step_term":
            return len(view.told.terms) > 1
        return action != "follow" or view.before_number != "0"

    def action_slide(self, down: int, right: int) -> None:
        """Goes to a neighbour; of a flat output, to another feature."""
        if self._view is None:
            return
        channel, y, x = self._place
        if self._view.seen.maps.ndim == 1:
            self.action_step_channel(down + right)
            return
        height, width = self._view.seen.maps.shape[1:]
        y, x = min(max(y + down, 0), height - 1), min(max(x + right, 0), width - 1)
        self._go((channel, y, x))

    def action_step_channel(self, step: int) -> None:
        """Goes to the same place of another channel."""
        if self._view is not None:
            channel, y, x = self._place
            self._go(((channel + step) % len(self._view.seen.maps), y, x))

    def action_step_term(self, step: int) -> None:
        """Looks at another part of the sum."""
        if self._view is not None:
            first = (self._view.first + step) % len(self._view.told.terms)
            self._view = replace(self._view, first=first)
            self._draw()

    def action_strongest(self) -> None:
        """Goes to the largest value of the map."""
        if self._view is not None:
            values = self._view.seen.maps[self._place[0]]
            y, x = np.unravel_index(np.nan_to_num(values).argmax(), values.shape)
            self._go((self._place[0], int(y), int(x)))

    def action_show_all(self) -> None:
        """Shows all of the map, or what was visited."""
        self._shows_all = not self._shows_all
        self._draw()

    def action_play(self) -> None:
        """Begins to slide over the whole map, or ends it."""
        if self._playing is not None and self._playing.is_running:
            self._stop()
        else:
            self._playing = self._play()

    def action_follow(self) -> None:
        """Explains the value of the layer before that is in the middle."""
        if (view := self._view) is None:
            return
        place = view.origin
        self.app.push_screen(ExplorerScreen(self._looking, view.before_number, *place))

    def action_what_if(self) -> None:
        """Lets other kernels be tried on the picture."""
        if (view := self._view) is None:
            return
        image = grey_of(view.seen.image)
        own = view.term.weights if isinstance(view.layer, Conv2d) else None
        self.app.push_screen(WhatIfScreen(image, view.layer, own, self._depth))

    def action_leave(self) -> None:
        """Goes back."""
        self._stop()
        self.dismiss()

    def _go(self, place: Place) -> None:
        self._stop()
        self._place = place
        self._look()

    def _stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()

    @work(exclusive=True)
    async def _look(self) -> None:
        busy = Content.styled("working it out…", "$text-accent")
        captions = self.query_one("#captions", Lines)
        timer = self.set_timer(UNHURRIED_SECONDS, lambda: captions.show([busy]))
        try:
            await self._see()
        finally:
            timer.stop()

    @work(exclusive=True, group=READING)
    async def _play(self) -> None:
        while self._view is not None and not self._problem:
            channel, y, x = self._place
            height, width = self._view.seen.maps.shape[1:]
            y, x = divmod((y * width + x + 1) % (height * width), width)
            self._place = (channel, y, x)
            await self._see()
            if (y, x) == (height - 1, width - 1):
                return
            await asyncio.sleep(PLAY_SECONDS)

    async def _see(self) -> None:
        """Asks how the value comes about, and shows it."""
        channel, y, x = place = self._place
        looking = self._looking
        question = ask.Explain(
            moment=looking.moment,
            picture=looking.picture,
            layer=self._layer,
            channel=channel,
            y=y,
            x=x,
        )
        try:
            told = await looking.look.ask(question, ask.Explanation)
            if self._view is None or self._view.seen.step != told.step:
                self._view = await self._viewed(told)
                self.refresh_bindings()
        except (InputError, TrainingError) as error:
            self._tell(str(error))
            return
        self._tell("")
        self._show(told, place)

    async def _viewed(self, told: ask.Explanation) -> View:
        """Returns the value with all that is around it."""
        looking = self._looking
        opened = await looking.opened()
        before_number = next(iter(told.regions))
        seen, before = [
            await looking.look.ask(
                ask.Look(moment=looking.moment, picture=looking.picture, layer=layer),
                ask.Seen,
            )
            for layer in (self._layer, before_number)
        ]
        last = [layer.number for layer in opened.layers if "." not in layer.number][-1]
        return View(
            facts=next(n for n in opened.layers if n.number == self._layer),
            layer=layer_of(looking.run, self._layer),
            seen=seen,
            before=before.maps,
            before_number=before_number,
            shape=shape_before(opened.layers, self._layer),
            class_names=opened.class_names if self._layer == last else (),
            told=told,
            place=self._place,
            visited=np.zeros(seen.maps.shape[1:], bool),
        )

    def _show(self, told: ask.Explanation, place: Place) -> None:
        assert self._view is not None
        size = self._view.seen.maps.shape[1:]
        visited = self._visited.setdefault(place[0], np.zeros(size, bool))
        visited[place[1:] if size else ()] = True
        first = min(self._view.first, len(told.terms) - 1)
        self._view = replace(
            self._view, told=told, place=place, visited=visited, first=first
        )
        self._draw()

    def _draw(self) -> None:
        """Draws what there is room for."""
        if (view := self._view) is None:
            return
        drawn = page(
            view, self.size, self._depth, self._signs, shows_all=self._shows_all
        )
        self.query_one("#maps", PictureView).show(drawn.pixels)
        if drawn.height != self._height:  # a new one lays out the whole screen
            self._height = self.query_one("#pictures").styles.height = drawn.height
        self.query_one("#captions", Lines).show([Content(drawn.captions)])
        self.query_one("#sums", Lines).show(drawn.sums)
        self.query_one("#details", Lines).show(drawn.details)
        moment = f"step {count(view.seen.step)}"
        self.query_one("#value", Lines).show([Content(f"{title(view)} · {moment}")])

    def _tell(self, problem: str) -> None:
        """Shows why there is no answer; what was shown before stays."""
        if problem == self._problem:  # a label lays out the whole screen
            return
        self._problem = problem
        label = self.query_one("#problem", Label)
        label.update(printable(problem))
        label.display = bool(problem)
        self.refresh_bindings()

    @property
    def _depth(self) -> Depth:
        depth: Depth = self.app.depth  # type: ignore[attr-defined]
        return depth

    @property
    def _signs(self) -> Signs:
        return PLAIN if self._depth is Depth.ASCII else Signs()
