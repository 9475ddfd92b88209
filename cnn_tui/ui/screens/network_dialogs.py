"""What a person is asked first: which pictures, which update, which device."""

from cnn_tui.errors import InputError
from cnn_tui.look.messages import Replay, Replayed
from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count
from cnn_tui.ui.inside import choice
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.run_view import RunView
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.screens.network_inquiry import NetworkInquiry


class NetworkDialogs(NetworkInquiry):
    """Asks the person, then the network.

    Attributes:
        depth: What pictures are drawn with.
        run: The run, as it is on disk.
    """

    def __init__(self, looking: Looking, depth: Depth) -> None:
        """Has asked nothing yet."""
        super().__init__(looking)
        self.depth = depth
        self.run = RunView(looking.run)

    def action_choose_device(self) -> None:
        """Asks where to compute what is looked at."""

        def answered(text: str | None) -> None:
            if text is not None:
                self._use(text.strip())

        dialog = AskText(
            "Compute on another device",
            prompt="cpu, cuda, cuda:N, mps or auto, the fastest; the run stays where "
            "it is",
            value=self.looking.device,
            check=lambda text: None,
        )
        self.app.push_screen(dialog, answered)

    def _use(self, device: str) -> None:
        async def use() -> None:
            await self.looking.use(device)
            self.look()

        self.inquire("device", f"moving to {device}", use)

    def action_go_to_update(self) -> None:
        """Asks which update is to be made again."""
        status = self.run.status
        done = status.step if status else 0

        def problem(text: str) -> str | None:
            known = text.isdecimal() and 1 <= int(text) <= done
            return None if known else f"must be from 1 to {count(done)}"

        def answered(text: str | None) -> None:
            if text is not None:
                self._replay(int(text))

        dialog = AskText(
            "Make an update again",
            prompt="its number: its pictures are shown, then its weights",
            value=str(done or ""),
            check=problem,
        )
        self.app.push_screen(dialog, answered)

    def _replay(self, step: int) -> None:
        doing = f"making the updates up to {count(step)} again"

        async def replay() -> None:
            from cnn_tui.ui.screens.batch import BatchScreen

            def tell(done: int, total: int) -> None:
                self.say("replay", f"{doing}: {count(done)} of {count(total)}")

            found = await self.looking.look.ask(Replay(step=step), Replayed, tell)
            self.looking.moment = found.step
            self.app.push_screen(BatchScreen(self.looking, self.depth, found))

        self.inquire("replay", doing, replay)

    def action_find(self) -> None:
        """Asks which pictures to look at."""
        if self.scene is None:
            return
        opened = self.scene.opened
        names, total = opened.class_names, opened.pictures["test"]

        def problem(text: str) -> str | None:
            try:
                choice.parsed(text, names, total)
            except InputError as error:
                return str(error)
            return None

        def answered(text: str | None) -> None:
            if text is not None:
                wish = choice.parsed(text, names, total)
                self.choose(
                    lambda opened, step, tell: self.pictures.choose(
                        wish, step, opened, tell
                    )
                )

        value = self.pictures.wish.words(names)
        dialog = AskText(
            "Find pictures", prompt=choice.PROMPT, value=value, check=problem
        )
        self.app.push_screen(dialog, answered)
