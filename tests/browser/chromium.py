"""A real Chromium without a window, driven by its DevTools protocol."""

import itertools
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PATIENCE_SECONDS = 30.0
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
