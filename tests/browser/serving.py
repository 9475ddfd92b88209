"""A server of pages, and a page as a browser opens one, without a browser."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pyte

from cnn_tui import RunLog
from tests.cli.commands import invoke

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server: its process, what it printed, and the address with the token."""

    process: subprocess.Popen[str]
    told: str
    address: str

    @property
    def site(self) -> str:
        """The address without the token."""
        return self.address.partition("/?")[0]

    def programs(self) -> list[psutil.Process]:
        """Returns the processes of its pages."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> int:
        """Asks it to end; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def served(runs: Path, *options: str) -> Iterator[Served]:
    """Starts a server at a free port; it ends with the context."""
    command = [sys.executable, "-m", "cnn_tui", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        [*command, "--runs-dir", str(runs)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        told = "".join(process.stdout.readline() for _ in range(3))
        found = re.search(r"http://\S+", told)
        assert found, told
        yield Served(process=process, told=told, address=found[0])
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


@contextmanager
def live_run(runs: Path) -> Iterator[RunLog]:
    """Keeps a run live that another trainer writes; nobody takes its commands."""
    with RunLog("mine", total_steps=100, values={"lr": 0.5}, runs=runs) as log:
        for step in range(1, 41):
            log.train(step, loss=1 / step, accuracy=1 - 1 / step)
        list(log.orders())
        yield log


@contextmanager
def training_run(runs: Path) -> Iterator[Path]:
    """Trains without end in the background, until the context ends."""
    small = ("train_images=500", "threads=1", "batch_size=20", "iterations=1000000")
    settings = [word for value in small for word in ("--set", value)]
    command = [sys.executable, "-m", "cnn_tui", "train", "logistic", *settings]
    subprocess.run([*command, "--background", "--runs-dir", str(runs)], check=True)
    [run] = (path for path in runs.iterdir() if path.name[0] != ".")
    try:
        yield run
    finally:
        assert invoke("send", run, "stop").exit_code == 0


class Page:
    """What a page sees and types."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Has seen nothing yet."""
        self.socket = socket
        self._screen = pyte.Screen(160, 45)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    async def press(self, keys: str) -> None:
        """Types characters."""
        await self.socket.send_json(["stdin", keys])

    async def until(self, seen: str) -> None:
        """Reads until a text is seen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while seen not in self.text:
            assert time.monotonic() < deadline, f"waited for {seen}:\n{self.text}"
            message = await self.socket.receive(PATIENCE_SECONDS)
            assert message.type != aiohttp.WSMsgType.CLOSED, self.text
            if message.type == aiohttp.WSMsgType.BINARY:
                self._stream.feed(message.data)


@asynccontextmanager
async def page(server: Served) -> AsyncIterator[Page]:
    """Opens a page as a browser does: the address, then its websocket."""
    jar = aiohttp.CookieJar(unsafe=True)  # unsafe: of a host without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(server.address) as answer:
            assert answer.status == 200
        size = f"{server.site}/ws?width=160&height=45"
        async with session.ws_connect(size, origin=server.site) as socket:
            yield Page(socket)
