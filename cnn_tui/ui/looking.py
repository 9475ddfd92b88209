"""What all screens that look into one run share: whom they ask, and where they look."""

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from cnn_tui.look.client import Look
from cnn_tui.look.messages import (
    DeviceUsed,
    Moment,
    Open,
    Opened,
    Picture,
    UseDevice,
)


@dataclass
class MistakesRequested(Message):
    """The person wants to see what the network of a run confuses."""

    run: Path


@dataclass
class LookRequested(Message):
    """The person wants to see the network of a run from inside."""

    run: Path


@dataclass
class LookInside(Message):
    """The person wants to see the network from inside, in a look that has begun."""

    looking: "Looking"


class Looking:
    """A look into one run; the screen that began it ends it.

    Attributes:
        look: Answers questions, from a process of its own.
        moment: Whose weights are looked at.
        picture: What they are looked at with.
        device: Where that is computed.
    """

    def __init__(self, run: Path, data_dir: Path | None) -> None:
        """Starts nothing before the first question."""
        self.run = run
        self.data_dir = data_dir
        self.look = Look(run, data_dir)
        self.moment: Moment = "newest"
        self.picture = Picture()
        self.device = "cpu"
        self._opened: Opened | None = None

    async def opened(self) -> Opened:
        """Returns what there is to look at.

        Raises:
            InputError: if nothing is; it says why.
            TrainingError: if the process is gone.
        """
        if self._opened is None:
            self._opened = await self.look.ask(Open(), Opened)
        return self._opened

    async def use(self, device: str) -> None:
        """Lets answers be computed elsewhere; raises InputError if they cannot be."""
        found = await self.look.ask(UseDevice(device=device), DeviceUsed)
        self.device = found.label

    async def close(self) -> None:
        """Ends the process."""
        await self.look.close()
