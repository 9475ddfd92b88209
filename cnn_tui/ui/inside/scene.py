"""What one layer makes of one picture, ready to be drawn from any place."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from cnn_tui.look.messages import DeadChannels, LayerFacts, Opened, Seen
from cnn_tui.pictures.colours import Pixels, limit_of
from cnn_tui.pictures.sheet import Sheet
from cnn_tui.text import count, printable, shape
from cnn_tui.ui.inside import words
from cnn_tui.ui.inside.place import Place, Scale, Sizes
from cnn_tui.ui.inside.sheets import as_maps, kernels, limits, painted, value_sheet


class Scene:
    """An answer, and the layer that it is about.

    Attributes:
        row: The layer's place in the column of layers, whose first is the input.
        maps: Its outputs, C×H×W; a feature is a map of one place.
        kernels: Its weights, out×in×H×W, if it has some.
        dead: The channels that are never active, once they are known.
    """

    def __init__(
        self, opened: Opened, layers: Sequence[LayerFacts], row: int, seen: Seen
    ) -> None:
        """Takes the layers with the input in front."""
        self.opened = opened
        self.layers = layers
        self.row = row
        self.seen = seen
        self.maps = as_maps(seen.maps)
        self.kernels = kernels(seen.filters, layers, row)
        self.dead: DeadChannels | None = None

    @property
    def facts(self) -> LayerFacts:
        """The layer."""
        return self.layers[self.row]

    @property
    def is_scores(self) -> bool:
        """Whether its outputs are the scores of the classes."""
        return self.row == len(self.layers) - 1 and self.facts.type == "linear"

    @cached_property
    def noun(self) -> str:
        """What each of its outputs is."""
        if self.is_scores:
            return "class"
        return "channel" if len(self.facts.output_shape) == 3 else "feature"

    @property
    def sizes(self) -> Sizes:
        """How much there is to move in."""
        _, inputs, *kernel_size = (0, 0, 1, 1)
        if self.kernels is not None:
            _, inputs, *kernel_size = self.kernels.shape
        return Sizes(
            layers=len(self.layers),
            channels=len(self.maps),
            kernels=inputs,
            map_size=self.maps.shape[1:],
            kernel_size=(kernel_size[0], kernel_size[1]),
            classes=len(self.opened.class_names),
        )

    @property
    def never_active(self) -> tuple[int, ...]:
        """Its dead channels, as far as they are known."""
        if self.dead is None or self.dead.step != self.seen.step:
            return ()
        return self.dead.channels.get(self.facts.number, ())

    def heading(self) -> str:
        """Returns which layer this is: "1 conv2d 16, 5×5"."""
        return f"{self.facts.number} {printable(self.facts.summary)}"

    def name(self, channel: int) -> str:
        """Returns what an output is called: "channel 4", "class cat"."""
        if self.is_scores:
            return f"class {printable(self.opened.class_names[channel])}"
        return f"{self.noun} {channel + 1}"

    def map_scale(self, place: Place) -> Scale:
        """Returns the scale of the maps; a map of one place has none of its own."""
        is_flat = self.maps[0].size == 1 and place.scale is Scale.UNIT
        return Scale.LAYER if is_flat else place.scale

    def map_limits(self, place: Place) -> "np.ndarray":
        """Returns what has the full colour in each map."""
        return limits(self.maps, self.map_scale(place), self.seen.net_limit)

    def map_sheet(self, place: Place) -> Sheet:
        """Returns all maps; dead ones are marked."""
        dead = set(self.never_active)

        def note(channel: int) -> str:
            if self.maps[0].size == 1:
                return f" {words.value_word(self.maps[channel, 0, 0])}"
            return " dead" if channel in dead else ""

        return value_sheet(self.maps, self.map_limits(place), place.channel, note)

    def map_note(self, place: Place) -> str:
        """Returns what the colours of the maps mean, and how many maps are dead."""
        said = words.limit_words(self.map_scale(place), self.map_limits(place).max())
        if self.never_active:
            said = f"{count(len(self.never_active))} dead · {said}"
        return said

    def filters(self, place: Place) -> "np.ndarray":
        """Returns N×H×W: of one input all filters, else those of the channel."""
        assert self.kernels is not None
        one: np.ndarray = self.kernels[place.channel]
        if self.has_one_input:
            one = self.kernels[:, 0]
        return one

    @property
    def has_one_input(self) -> bool:
        """Whether each output has one filter only."""
        return self.kernels is not None and self.kernels.shape[1] == 1

    def filter_limits(self, place: Place) -> "np.ndarray":
        """Returns what has the full colour in each of ``filters``."""
        filters = self.filters(place)
        if place.scale is Scale.UNIT:
            return limits(filters, Scale.UNIT, 0)
        return np.full(len(filters), limit_of(np.asarray(self.seen.filters)))

    def filter_sheet(self, place: Place) -> Sheet:
        """Returns the filters, one of them marked."""
        marked = place.channel if self.has_one_input else place.kernel
        return value_sheet(self.filters(place), self.filter_limits(place), marked)

    def filter_heading(self, place: Place) -> str:
        """Returns whose filters they are."""
        size = shape(self.filters(place).shape[1:])
        whose = "" if self.has_one_input else f" of {self.name(place.channel)}"
        what = "weights" if self.facts.type == "linear" else "filters"
        return f"{size} {what}{whose}"

    def filter_note(self, place: Place) -> str:
        """Returns what the colours of the filters mean."""
        is_unit = place.scale is Scale.UNIT
        limit = float(self.filter_limits(place).max())
        return words.limit_words("unit" if is_unit else "layer", limit)

    def chosen(self, place: Place) -> tuple["np.ndarray", float, str]:
        """Returns the map or filter under the cursor, its limit and its name."""
        name = self.name(place.channel)
        if not place.in_filters:
            limit = self.map_limits(place)[place.channel]
            return self.maps[place.channel], float(limit), name
        number = place.channel if self.has_one_input else place.kernel
        limit = self.filter_limits(place)[number]
        named = "" if self.has_one_input else f", input channel {place.kernel + 1}"
        values: np.ndarray = self.filters(place)[number]
        return values, float(limit), f"filter of {name}{named}"

    def zoomed(self, place: Place) -> "np.ndarray":
        """Returns the map or filter under the cursor as pixels."""
        values, limit, _ = self.chosen(place)
        pixels: Pixels = painted(values[None], np.array([limit]))[0]
        return pixels

    def reading(self, place: Place, zoomed: bool) -> str:
        """Returns what is under the cursor, in numbers."""
        values, _, name = self.chosen(place)
        if zoomed:
            y, x = place.cursor
            return f"{name} · y {y}, x {x} · {words.value_word(values[y, x])}"
        if self.is_scores and not place.in_filters:
            return f"{name} · score {words.value_word(values[0, 0])}"
        dead = self.dead if place.channel in self.never_active else None
        pictures = dead.pictures if dead and not place.in_filters else 0
        return f"{name} · {words.values_words(values, pictures)}"
