"""What is wrong with a filter, below the place where it is."""

from textual.content import Content

from cnn_tui.runs.query import QueryError
from cnn_tui.ui.widgets.lines import Lines


class FilterProblem(Lines):
    """One line, its sign under the wrong character; no line where nothing is wrong."""

    DEFAULT_CSS = "FilterProblem { height: 1; padding: 0 1; display: none; }"

    def show_problem(self, problem: QueryError | None) -> None:
        """Shows a problem, or none."""
        self.display = problem is not None
        if problem is None:
            return
        text = f"{' ' * problem.position}^ {problem.sentence}"
        if len(text) > self.app.size.width - 2:
            text = f"at character {problem.position + 1}: {problem.sentence}"
        self.show([Content.styled(text, "$text-error")])
