"""The best accuracy so far: of validation images, once there are any."""

from cnn_tui.runs.records import Best


class BestSoFar:
    """Follows the accuracies of a run.

    Attributes:
        best: The highest, first come; None if there is none.
    """

    def __init__(self) -> None:
        """Has seen none yet."""
        self.best: Best | None = None
        self._judge = "test"

    def take(self, part: str, step: int, accuracy: float | None) -> bool:
        """Takes in an accuracy of a part; returns whether it is the best."""
        if part == "validation" and self._judge != part:
            self._judge, self.best = part, None
        if accuracy is None or part != self._judge:
            return False
        is_best = accuracy > (self.best.accuracy if self.best else float("-inf"))
        if is_best:
            self.best = Best(step=step, accuracy=accuracy)
        return is_best

    def forget_after(self, step: int) -> None:
        """Forgets what is later than a step gone back to."""
        if self.best is not None and self.best.step > step:
            self.best = None
