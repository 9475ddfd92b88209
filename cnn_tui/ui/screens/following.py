"""A screen that looks at runs again and again, while it can be seen."""

from textual import events
from textual.screen import Screen
from textual.timer import Timer

LOOK_SECONDS = 1.0


class FollowingScreen(Screen[None]):
    """Rests while another screen is on top; a dialog hides nothing."""

    _timer: Timer | None = None

    def on_screen_suspend(self) -> None:
        """Stops looking while another screen is on top."""
        if self._timer and not self.app.screen.is_modal:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """Looks again."""
        if self._timer:
            self._timer.resume()


class ReportScreen(FollowingScreen):
    """What a run says of itself, in lines that follow it."""

    def on_mount(self) -> None:
        """Shows what there is, and looks again each second."""
        self._timer = self.set_interval(LOOK_SECONDS, self.look)
        self.call_after_refresh(self.show)

    def on_resize(self, _event: events.Resize) -> None:
        """Draws with the room that there is now."""
        self.call_after_refresh(self.show)

    def action_back(self) -> None:
        """Goes back to the dashboard."""
        self.app.pop_screen()

    def look(self) -> None:
        """Shows what is new."""
        raise NotImplementedError

    def show(self) -> None:
        """Draws what was read."""
        raise NotImplementedError
