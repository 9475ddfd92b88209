"""Where the time of a run goes, part by part, and what would help."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from cnn_tui.runs.bottleneck import verdict
from cnn_tui.runs.profile import Profile, in_words, read_profile
from cnn_tui.text import printable
from cnn_tui.ui.actions import PROFILE
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.profile_lines import profile_lines
from cnn_tui.ui.screens.following import ReportScreen
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines

NOTHING = (
    "nothing is measured yet: the first update is taken apart after 100 others, unless "
    "training.profile is false"
)


class ProfileScreen(ReportScreen):
    """Follows what a run has measured of itself."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in PROFILE]

    def __init__(self, run: Path, glyphs: Glyphs) -> None:
        """Reads nothing yet."""
        super().__init__()
        self._run = run
        self._glyphs = glyphs
        self._profile: Profile | None = None
        self._shows_all_layers = False

    def compose(self) -> ComposeResult:
        """Makes the title, the parts, the verdict and the keys."""
        yield Lines(id="title")
        yield Lines(id="parts")
        yield Lines(id="verdict")
        yield KeyBar()

    def on_mount(self) -> None:
        """Reads what there is."""
        self.query_one("#verdict", Lines).hanging_indent = 2
        self.query_one("#parts", Lines).focus()
        title = Content.styled("Where the time goes", "bold $accent")
        name = f" · {printable(self._run.name)}"
        self.query_one("#title", Lines).show([title + name])
        self._profile = read_profile(self._run)

    def look(self) -> None:
        """Shows what is new."""
        found = read_profile(self._run)
        if found is not None and found != self._profile:
            self._profile = found
            self.show()

    def action_all_layers(self) -> None:
        """Shows all layers, or the slowest ones."""
        self._shows_all_layers = not self._shows_all_layers
        self.show()

    def show(self) -> None:
        """Draws the parts and the verdict on them."""
        found, parts = self._profile, self.query_one("#parts", Lines)
        if found is None:
            parts.show([Content.styled(NOTHING, "$foreground 60%")])
            return
        width = parts.scrollable_content_region.width
        lines = profile_lines(
            found, width, self._glyphs, all_layers=self._shows_all_layers
        )
        parts.show(list(lines))
        sentence = Content.styled(f"→ {verdict(found)}", "$text-warning")
        measured = Content.styled(f"  {in_words(found)}", "$foreground 60%")
        self.query_one("#verdict", Lines).show([sentence, measured])
