"""A screen that looks at runs again and again, while it can be seen."""

from textual.screen import Screen
from textual.timer import Timer


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
