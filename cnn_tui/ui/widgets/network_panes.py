"""The picture and the answer, the layers, and what one of them makes of the picture."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from cnn_tui.look.messages import OcclusionMap, Patches
from cnn_tui.pictures.colours import from_image
from cnn_tui.pictures.depth import Depth
from cnn_tui.pictures.sheet import Sheet
from cnn_tui.text import printable, shape
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.inside import sheets, words
from cnn_tui.ui.inside.place import Place, View
from cnn_tui.ui.inside.scene import Scene
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.sheet_view import SheetView, Zoomed
from cnn_tui.ui.widgets.titles import set_subtitle, set_title

SMALL_WIDTH, SMALL_HEIGHT = 110, 32
"""Below these there is room for the layers and one sheet only."""


class NetworkPanes(Horizontal):
    """Draws a scene from a place; sheets that are looked at have most of the room."""

    class Resized(Message):
        """There is another room now."""

    def __init__(self, depth: Depth, glyphs: Glyphs) -> None:
        """Shows nothing yet."""
        super().__init__()
        self._depth = depth
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """Makes the left side, and the sheets."""
        with Vertical(id="left"):
            yield SheetView(self._depth, "input")
            yield Lines(id="answer")
            yield Lines(id="layers")
        with Vertical(id="right"):
            yield SheetView(self._depth, "maps")
            yield Lines(id="scores")
            yield SheetView(self._depth, "filters")

    def on_resize(self, event: events.Resize) -> None:
        """Does without the picture and the answer where there is little room."""
        is_small = event.size.width < SMALL_WIDTH or event.size.height < SMALL_HEIGHT
        self.set_class(is_small, "-small")
        self.call_after_refresh(self.post_message, self.Resized())

    @property
    def page(self) -> range:
        """The maps or filters that are seen."""
        name = "#filters" if self.has_class("-in-filters") else "#maps"
        return self.query_one(name, SheetView).page

    @property
    def count(self) -> int:
        """How many maps there are, or other pictures in their place."""
        return self.query_one("#maps", SheetView).count

    def show_left(self, scene: Scene, place: Place) -> None:
        """Shows what goes in, what comes out, and the layers."""
        picture = from_image(scene.seen.image)
        inputs = Sheet(
            count=1, size=picture.shape[:2], paint=lambda _part: picture[None]
        )
        size = shape(scene.opened.input_shape)
        self.query_one("#input", SheetView).show(inputs, f"Input {size}")
        answer = self.query_one("#answer", Lines)
        names = scene.opened.class_names
        set_title(answer, "Answer")
        answer.show(words.answer_lines(scene.seen, names, *answer.size, self._glyphs))
        layers = self.query_one("#layers", Lines)
        set_title(layers, "Layers")
        rows = words.layer_lines(scene.layers, place.layer, *layers.size, self._glyphs)
        layers.show(rows)

    def show_layer(self, scene: Scene, place: Place) -> None:
        """Shows the maps of the layer, or its scores, and its filters; or one map."""
        is_zoomed = place.view is View.ZOOM
        is_scores = scene.is_scores and not is_zoomed
        has_filters = scene.kernels is not None
        if self._arrange(place, has_filters=has_filters, scores=is_scores):
            return
        maps = self.query_one("#maps", SheetView)
        filters = self.query_one("#filters", SheetView)
        if scene.kernels is not None:
            filters.show(scene.filter_sheet(place), scene.filter_heading(place))
            set_subtitle(filters, scene.filter_note(place))
        if is_scores:
            self._show_scores(scene, place)
        elif is_zoomed:
            _, _, name = scene.chosen(place)
            zoomed = Zoomed(pixels=scene.zoomed(place), cursor=place.cursor)
            self._current(place).show(zoomed, f"{scene.heading()} · {name}")
        if not is_zoomed or place.in_filters:
            maps.show(scene.map_sheet(place), scene.heading(), scene.noun)
        set_subtitle(maps, scene.map_note(place))

    def show_patches(self, scene: Scene, place: Place, patches: Patches) -> None:
        """Shows the pictures that excite the channel most."""
        if self._arrange(place, has_filters=False, scores=False):
            return
        maps = self.query_one("#maps", SheetView)
        sheet = sheets.patch_sheet(patches, scene.opened.class_names, place.study)
        what = f"{scene.heading()} · {scene.name(place.channel)} is excited most by"
        maps.show(sheet, what, "picture")
        set_subtitle(maps, "")

    def show_where(self, scene: Scene, place: Place, found: OcclusionMap) -> None:
        """Shows how far the class falls where the picture is covered."""
        if self._arrange(place, has_filters=False, scores=False):
            return
        maps = self.query_one("#maps", SheetView)
        name = printable(scene.opened.class_names[place.label or 0])
        sheet = sheets.occlusion_sheet(found, scene.seen.image, place.study)
        maps.show(sheet, f"Where it sees {name}", "")
        set_subtitle(maps, "")

    def _arrange(self, place: Place, *, has_filters: bool, scores: bool) -> bool:
        """Gives the room to what is looked at; tells whether there will be another.

        Until then the sheets are empty: nothing is sent that is not seen for long.
        """
        wanted = {
            "-filters": has_filters,
            "-scores": scores,
            "-in-filters": place.in_filters and has_filters,
            "-zoomed": place.view is View.ZOOM,
        }
        if all(self.has_class(name) == there for name, there in wanted.items()):
            return False
        for name, there in wanted.items():
            self.set_class(there, name)
        for sheet in self.query("#right SheetView").results(SheetView):
            sheet.show(None, "")
        self.call_after_refresh(self.post_message, self.Resized())
        return True

    def _current(self, place: Place) -> SheetView:
        return self.query_one("#filters" if place.in_filters else "#maps", SheetView)

    def _show_scores(self, scene: Scene, place: Place) -> None:
        scores = self.query_one("#scores", Lines)
        set_title(scores, f"{scene.heading()} · probability and score")
        lines = words.score_lines(
            scene.seen,
            scene.opened.class_names,
            place.channel,
            scores.size,
            self._glyphs,
        )
        scores.show(lines)
