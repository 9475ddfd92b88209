"""A choice shows all its values, and which of them it is."""

from textual.app import App, ComposeResult

from cnn_tui.ui.widgets.choice import Choice


class Host(App[None]):
    """Keeps what was chosen."""

    def __init__(self) -> None:
        """Starts with nothing."""
        super().__init__()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        """Yields a choice of three."""
        yield Choice(["sgd", "adam", "adamw"])

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Remembers the value."""
        self.chosen.append(message.value)


async def test_keys_go_round_and_a_click_chooses() -> None:
    app = Host()
    async with app.run_test(size=(40, 3)) as pilot:
        choice = app.query_one(Choice)
        choice.value = "sgd"
        choice.focus()
        await pilot.press("right", "space", "right", "left")
        await pilot.click(choice, offset=(7, 0))
        assert app.chosen == ["adam", "adamw", "sgd", "adamw", "adam"]
        assert str(choice.render()) == " sgd ‹adam› adamw "


async def test_a_value_from_elsewhere_is_offered_too_and_is_literal() -> None:
    app = Host()
    async with app.run_test(size=(40, 3)) as pilot:
        choice = app.query_one(Choice)
        choice.value = "[b]cuda:7[/b]"
        await pilot.pause()
        assert str(choice.render()).endswith("‹[b]cuda:7[/b]›")
        assert app.chosen == []
