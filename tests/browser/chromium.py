"""A real Chromium without a window, driven by its DevTools protocol."""

import base64
import itertools
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pyte
import pytest

PATIENCE_SECONDS = 30.0
_BINARY = 2
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


class Tab:
    """One tab.

    Attributes:
        events: What the browser told so far, as (method, parameters).
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Talks to the browser through a websocket."""
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._socket = socket
        self._numbers = itertools.count(1)

    async def do(self, method: str, **parameters: object) -> dict[str, Any]:
        """Calls a method of the protocol and returns its result."""
        number = next(self._numbers)
        order = {"id": number, "method": method, "params": parameters}
        await self._socket.send_json(order)
        while True:
            told = await self._socket.receive_json(timeout=PATIENCE_SECONDS)
            if told.get("id") == number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result
            self.events.append((told["method"], told["params"]))

    async def open(self, address: str, width: int, height: int = 900) -> None:
        """Opens a page in a window of a size, and waits until all of it is there."""
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self.do(f"{domain}.enable")
        await self.do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await self.do("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && location.href != ''")

    async def run(self, script: str) -> Any:
        """Returns the value of an expression."""
        found = await self.do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str) -> None:
        """Waits until an expression is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not await self.run(f"Boolean({script})"):
            assert time.monotonic() < deadline, f"never true: {script}"

    def asked(self) -> list[str]:
        """Returns the addresses that were fetched."""
        return [
            told["request"]["url"]
            for method, told in self.events
            if method == "Network.requestWillBeSent"
        ]

    def errors(self) -> list[Any]:
        """Returns what the console has of errors."""
        return [
            told
            for method, told in self.events
            if method in ("Log.entryAdded", "Runtime.exceptionThrown")
        ]


class Terminal:
    """The program in a page: what the browser received of it, and its keys."""

    def __init__(self, page: Tab, screenshots: Path) -> None:
        """Is to be made once the page is open."""
        self._page = page
        self._screenshots = screenshots
        self._read = 0
        [socket] = self._told("Network.webSocketCreated")
        size = parse_qs(urlsplit(socket["url"]).query)
        columns, lines = (int(size[name][0]) for name in ("width", "height"))
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What is on the screen."""
        frames = self._told("Network.webSocketFrameReceived")
        for frame in frames[self._read :]:
            if frame["response"]["opcode"] == _BINARY:
                self._stream.feed(base64.b64decode(frame["response"]["payloadData"]))
        self._read = len(frames)
        return "\n".join(line.rstrip() for line in self._screen.display)

    async def until(self, words: str) -> None:
        """Waits until words are on the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.text:
            assert time.monotonic() < deadline, f"waited for {words}:\n{self.text}"
            await self._page.run("1")  # what the browser told meanwhile comes first

    async def click(self, x: int, y: int) -> None:
        """Clicks at a place of the page, in pixels."""
        place = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self._page.do("Input.dispatchMouseEvent", type=kind, **place)

    async def press(self, key: str, code: str, text: str | None = None) -> None:
        """Presses a key, by its names in a browser."""
        names = {"key": key, "code": code, "text": text or key}
        await self._page.do("Input.dispatchKeyEvent", type="keyDown", **names)
        names.pop("text")
        await self._page.do("Input.dispatchKeyEvent", type="keyUp", **names)

    async def screenshot(self, name: str) -> bytes:
        """Returns the window as a PNG file, and keeps it."""
        shot = await self._page.do("Page.captureScreenshot", format="png")
        data = base64.b64decode(shot["data"])
        (self._screenshots / f"{name}.png").write_bytes(data)
        return data

    def _told(self, method: str) -> list[dict[str, Any]]:
        return [told for name, told in self._page.events if name == method]


@asynccontextmanager
async def tab(profile: Path) -> AsyncIterator[Tab]:
    """Starts a Chromium with an empty profile, which ends with the context."""
    assert CHROMIUM is not None
    process = subprocess.Popen(
        [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"),
            *("--remote-debugging-port=0", f"--user-data-dir={profile}"),
            *("--no-first-run", "about:blank"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        found = None
        while found is None:
            line = process.stderr.readline()
            assert line, "Chromium did not start"
            found = re.search(r"ws://([^/]+)/", line)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{found[1]}/json/list") as answer:
                tabs = await answer.json()
            address = next(it for it in tabs if it["type"] == "page")
            async with session.ws_connect(
                address["webSocketDebuggerUrl"], max_msg_size=0
            ) as socket:
                yield Tab(socket)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stderr.close()
