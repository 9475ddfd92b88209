"""The processes that train one run together: what they tell and give each other.

The one of rank 0 leads: what is to be done by all is said by it, word after word.
"""

import os
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar, cast

import msgspec
import torch
import torch.distributed as dist
from msgspec import Struct
from torch import Tensor

from cnn_tui.errors import InputError, LostProcessError, TrainingError
from cnn_tui.host.process import ProcessIdentity, is_gone, this_process
from cnn_tui.host.ranks import Ranks
from cnn_tui.runs.events import Value
from cnn_tui.text import printable

_DATA_SECONDS = 600
"""What a process is waited for in the middle of an update, before it counts as lost."""
_PAUSE = timedelta(days=365)
"""How long a run may stand still."""
_GONE_SECONDS = 3.0
"""Until a process whose connection broke has ended for all to see."""
_WORD_BYTES = 1024

_T = TypeVar("_T")


class SetUp(Struct, frozen=True, tag=True):
    """Load the data and build the model of a config, which follows as YAML."""

    size: int = 0


class Update(Struct, frozen=True, tag=True):
    """Make the next update."""

    lr: float


class Skip(Struct, frozen=True, tag=True):
    """Pass over the next update."""


class ReadOut(Struct, frozen=True, tag=True):
    """Go back before updates that were not finite."""


class Load(Struct, frozen=True, tag=True):
    """Go to a checkpoint, which follows as it is in its file."""

    size: int


class SetValue(Struct, frozen=True, tag=True):
    """Set a hyperparameter of the optimizer."""

    name: str
    value: Value


class Evaluate(Struct, frozen=True, tag=True):
    """Evaluate the share that is this process's."""


class Begin(Struct, frozen=True, tag=True):
    """The run is in the directory that follows."""

    size: int


class End(Struct, frozen=True, tag=True):
    """It is over."""


Word = SetUp | Update | Skip | ReadOut | Load | SetValue | Evaluate | Begin | End
_words = msgspec.json.Decoder(Word)


class Team:
    """One process: it leads, and there is nobody to tell anything."""

    rank = 0
    size = 1
    local_size = 1
    """Processes of it on this host."""

    @property
    def leads(self) -> bool:
        """Whether it is this process that decides."""
        return self.rank == 0

    def share_of(self, items: Sequence[_T]) -> Sequence[_T]:
        """Returns what of equally long, neighbouring shares is this process's."""
        each = len(items) // self.size
        return items[self.rank * each :][:each]

    def gather(self, own: Tensor) -> Tensor:
        """Returns the tensors of all processes, by rank; all have one shape.

        Raises:
            LostProcessError: if a process is lost.
        """
        return own[None]

    def tell(self, word: Word, payload: bytes = b"") -> None:
        """Says what all are to do; raises LostProcessError if one is lost."""

    def agree(self, problem: str | None) -> None:
        """Waits until all are ready; ``problem`` says why this one is not.

        Raises:
            InputError: if another one is not.
            LostProcessError: if a process is lost.
        """

    def lost(self, within_seconds: float = 0.0) -> str | None:
        """Returns a sentence about a process that has ended, if one has."""
        return None

    def orphaned(self) -> str | None:
        """Returns a sentence if who has started the processes has ended."""
        return None

    def leave(self) -> None:
        """Tells all that it is over, and breaks the connection."""


ALONE = Team()


class ConnectedTeam(Team):
    """Several processes, connected by torch.distributed."""

    def __init__(self, ranks: Ranks) -> None:
        """Meets the others, at the place that the launcher's environment names."""
        self.rank, self.size = ranks.rank, ranks.size
        self.local_size = ranks.local_size
        self._launcher = os.getppid()
        self._members: list[ProcessIdentity] = []
        if torch.cuda.is_available():  # or NCCL would take the first GPU for all
            torch.cuda.set_device(ranks.local_rank % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=timedelta(seconds=_DATA_SECONDS))
        self._control = cast(
            dist.ProcessGroup, dist.new_group(backend="gloo", timeout=_PAUSE)
        )
        own = msgspec.json.encode(this_process())
        self._members = [
            msgspec.json.decode(text, type=ProcessIdentity)
            for text in self._exchange(own)
        ]

    def gather(self, own: Tensor) -> Tensor:
        """Returns the tensors of all processes, by rank; all have one shape."""
        everyone = own.new_empty((self.size, *own.shape))
        try:
            dist.all_gather(list(everyone.unbind()), own.contiguous())
        except RuntimeError as error:
            raise self._failed(error) from error
        return everyone

    def tell(self, word: Word, payload: bytes = b"") -> None:
        """Says what all are to do; what a follower says is heard by nobody."""
        if not self.leads:
            return
        self._broadcast(_padded(msgspec.json.encode(word)))
        if payload:
            self._broadcast(_tensor(payload))

    def hear(self) -> tuple[Word, bytes]:
        """Waits for the leader's next word; returns it, and what follows it."""
        text = self._broadcast(torch.zeros(_WORD_BYTES, dtype=torch.uint8))
        word = _words.decode(text.rstrip(b"\0"))
        size = getattr(word, "size", 0)
        if not size:
            return word, b""
        return word, self._broadcast(torch.empty(size, dtype=torch.uint8))

    def agree(self, problem: str | None) -> None:
        """Waits until all are ready; ``problem`` says why this one is not."""
        said = self._exchange((problem or "").encode()[: _WORD_BYTES // 2])
        for rank, text in enumerate(said):
            if text and rank != self.rank:
                sentence = printable(text.decode(errors="replace"))
                raise InputError(f"process {rank} of {self.size}: {sentence}")

    def lost(self, within_seconds: float = 0.0) -> str | None:
        """Returns a sentence about a process that has ended, if one has."""
        deadline = time.monotonic() + within_seconds
        while True:
            for rank, member in enumerate(self._members):
                if is_gone(member):
                    return (
                        f"process {rank} of {self.size} (pid {member.pid}) has ended: "
                        "resume the run, which goes on from its last checkpoint"
                    )
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.05)

    def orphaned(self) -> str | None:
        """Returns a sentence if who has started the processes has ended.

        Nobody would see to them any more, and whoever waits for that one takes it that
        their devices are free.
        """
        if os.getppid() == self._launcher:
            return None
        return (
            f"what has started its processes (pid {self._launcher}) has ended: resume "
            "the run, which goes on from here"
        )

    def leave(self) -> None:
        """Tells all that it is over, and breaks the connection."""
        try:
            self.tell(End())
        except TrainingError:
            return  # there is nothing to break
        dist.destroy_process_group()

    def _exchange(self, own: bytes) -> list[bytes]:
        """Returns a text of each process, by rank."""
        padded = _padded(own)
        everyone = [torch.empty_like(padded) for _ in range(self.size)]
        try:
            dist.all_gather(everyone, padded, group=self._control)
        except RuntimeError as error:
            raise self._failed(error) from error
        return [values.numpy().tobytes().rstrip(b"\0") for values in everyone]

    def _broadcast(self, values: Tensor) -> bytes:
        try:
            dist.broadcast(values, 0, group=self._control)
        except RuntimeError as error:
            raise self._failed(error) from error
        return values.numpy().tobytes()

    def _failed(self, error: RuntimeError) -> LostProcessError:
        line = (str(error).splitlines() or [""])[0]
        return LostProcessError(
            self.lost(_GONE_SECONDS)
            or f"the connection to the other processes broke: {printable(line)}"
        )


def join(ranks: Ranks) -> Team:
    """Returns the team of this process, once all of its processes are there.

    Raises:
        InputError: if they do not come together.
    """
    if ranks.size == 1:
        return ALONE
    try:
        return ConnectedTeam(ranks)
    except (RuntimeError, ValueError, TrainingError) as error:
        line = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"the {ranks.size} processes of the run do not come together: "
            f"{printable(line)}"
        ) from error


def _tensor(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def _padded(content: bytes) -> Tensor:
    return _tensor(content.ljust(_WORD_BYTES, b"\0"))
