"""What is asked about a network, from where one looks."""

import asyncio
from collections.abc import Awaitable, Callable

from cnn_tui.look import messages as ask
from cnn_tui.ui.inside import words
from cnn_tui.ui.inside.pictures import Pictures
from cnn_tui.ui.inside.place import Place, View
from cnn_tui.ui.inside.scene import Scene
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.screens.inquiry import InquiryScreen
from cnn_tui.ui.type_ahead import READING

IDLE_SECONDS = 0.4
"""At one moment, before channels that are never active are looked for."""

Choosing = Callable[[ask.Opened, int, Callable[[int, int], None]], Awaitable[None]]
"""Chooses a picture, given what there is, the step, and who hears how far it is."""


class NetworkInquiry(InquiryScreen):
    """Asks what is to be drawn; it never draws itself.

    Attributes:
        place: Where one looks.
        scene: The last answer about a layer.
        patches: What excites the channel most, where that is looked at.
        where: Which places speak for the class, where that is looked at.
        pictures: Those that one goes through.
    """

    def __init__(self, looking: Looking) -> None:
        """Has asked nothing yet."""
        super().__init__(looking)
        self.place = Place()
        self.scene: Scene | None = None
        self.patches: ask.Patches | None = None
        self.where: ask.OcclusionMap | None = None
        self.pictures = Pictures(looking)
        self.dead: ask.DeadChannels | None = None

    def draw(self) -> None:
        """Is called when there is another answer."""

    def look(self) -> None:
        """Asks what the layer makes of the picture; what is studied, too.

        What nobody asked for is withdrawn: it would be in the way.
        """
        self.workers.cancel_group(self, f"{READING} dead")
        self.inquire("look", "opening the network", self._look_now)
        if self.place.view is View.PATCHES:
            self.find_patches()
        elif self.place.view is View.WHERE:
            self.find_where()

    async def _look_now(self) -> None:
        opened, looking = await self.looking.opened(), self.looking
        layers = [words.input_facts(opened), *opened.layers]
        self.place.layer = min(self.place.layer, len(layers) - 1)
        row = self.place.layer
        picture = looking.picture
        question = ask.Look(
            moment=looking.moment, picture=picture, layer=layers[row].number
        )
        seen = await looking.look.ask(question, ask.Seen)
        self.scene = Scene(opened, layers, row, picture, seen)
        self.scene.dead = self.dead
        self.draw()
        if self.dead is None or self.dead.step != seen.step:
            doing = "looking for dead channels"
            self.inquire("dead", doing, self._find_dead, is_aside=True)

    async def _find_dead(self) -> None:
        await asyncio.sleep(IDLE_SECONDS)
        question = ask.FindDead(moment=self.looking.moment)
        self.dead = await self.looking.look.ask(question, ask.DeadChannels)
        if self.scene is not None:
            self.scene.dead = self.dead
            self.draw()

    def find_patches(self) -> None:
        async def find() -> None:
            if self.scene is None:
                return
            facts = self.scene.layers[self.place.layer]
            channel = min(self.place.channel, facts.output_shape[0] - 1)
            question = ask.FindPatches(
                moment=self.looking.moment, layer=facts.number, channel=channel
            )
            tell = self.teller("study", "looking for what excites it")
            look = self.looking.look
            self.patches = await look.ask(question, ask.Patches, tell)
            self.draw()

        self.inquire("study", "looking for what excites it", find)

    def find_where(self) -> None:
        async def find() -> None:
            question = ask.Occlude(
                moment=self.looking.moment,
                picture=self.looking.picture,
                label=self.place.label or 0,
            )
            self.where = await self.looking.look.ask(question, ask.OcclusionMap)
            self.draw()

        self.inquire("study", "covering the picture piece by piece", find)

    def choose(self, choosing: Choosing) -> None:
        """Chooses a picture, which may take a while, and looks at it."""
        if (scene := self.scene) is None:
            return
        tell = self.teller("choose", "asking the network about every picture")

        async def choose() -> None:
            await choosing(scene.opened, scene.seen.step, tell)
            self.look()

        self.inquire("choose", "looking for pictures", choose)
