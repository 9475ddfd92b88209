"""The program in a browser: for whoever has the token, a process for each page."""

import asyncio
import hmac
import re
import secrets
import shlex
import socket
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from urllib.parse import quote

from aiohttp import web
from textual_serve.server import Server

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})
ENDING_SECONDS = 10.0
"""How long the programs of the pages may take to end with the server."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self' ws://{host}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<style>
@font-face {{
  font-family: "Roboto Mono"; font-weight: 100 700;
  src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
}}
body {{ margin: 0; background: #121212; color: #ccc; font: 16px "Roboto Mono"; }}
#terminal {{ position: absolute; inset: 0; }}
#ended {{ display: none; position: absolute; z-index: 10; margin: 1em; padding: 1em;
  background: #333; }}
body.-closed #ended {{ display: block; }}
</style>
<p id="ended">The program has ended. Reload this page to open it again.</p>
<div id="terminal" class="textual-terminal" data-font-size="14"
  data-session-websocket-url="ws://{host}/ws"></div>
<script src="/static/js/textual.js"></script>
</html>
"""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BrowserServer(Server):
    """textual-serve for whoever has the token, without anything from other servers.

    A page has a program of its own, which ends with it. A request without the token is
    refused, and so is one that another page makes, or that came by a name which is not
    this server's: a name can be made to lead here by anybody (DNS rebinding).
    """

    def __init__(
        self, command: Sequence[str], *, host: str, port: int, token: str, title: str
    ) -> None:
        """``command`` is what a page runs; ``host`` and ``port`` are bound already."""
        super().__init__(shlex.join(["exec", *command]), host, port, title)
        self._token = token.encode()
        self._cookie = f"cnn-tui-{port}"  # the ports of a host share their cookies
        self._visits = set[asyncio.Task[object]]()

    async def make_app(self) -> web.Application:
        """Returns the application, every route of which is guarded."""
        app = await self._make_app()
        app.middlewares.append(self._guard)
        app.on_response_prepare.append(_add_policy)
        return app

    def run(self, listening: socket.socket) -> None:
        """Serves until SIGINT or SIGTERM, then ends the programs of all pages."""
        web.run_app(
            self.make_app(),
            sock=listening,
            shutdown_timeout=ENDING_SECONDS,
            print=None,
            access_log=None,  # it would have the token
        )

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing: the command has."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Closes all pages; waits until their programs have ended."""
        for visit in self._visits:
            visit.cancel()
        if self._visits:
            await asyncio.wait(self._visits, timeout=ENDING_SECONDS)

    async def handle_index(self, request: web.Request) -> web.Response:
        """Serves the page, which fetches from this server alone."""
        text = _PAGE.format(title=escape(self.title), host=escape(request.host))
        return web.Response(text=text, content_type="text/html")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Runs the program of a page until one of the two ends."""
        visit = asyncio.current_task()
        assert visit is not None
        self._visits.add(visit)
        try:
            return await super().handle_websocket(request)
        finally:
            self._visits.discard(visit)

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        given = request.query.get("token")
        if not self._is_own(request) or not self._is_token(
            given if given is not None else request.cookies.get(self._cookie, "")
        ):
            raise web.HTTPForbidden(text="Open the address that cnn-tui serve printed.")
        if given is None:
            return await handler(request)
        moved = web.HTTPSeeOther(request.path)  # the token leaves the address line
        moved.set_cookie(self._cookie, given, httponly=True, samesite="Strict")
        raise moved

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(errors="replace"), self._token)

    def _is_own(self, request: web.Request) -> bool:
        """Whether it came by a name of this server, and from no other page."""
        name = re.sub(r":\d*\Z", "", request.host).strip("[]").lower()
        is_named = self.host in ANY_ADDRESS or name in {*LOOPBACK, self.host.lower()}
        origin = request.headers.get("Origin")
        return is_named and origin in (None, f"http://{request.host}")


def new_token() -> str:
    """Returns 256 random bits, for an address."""
    return secrets.token_urlsafe(32)


def address(host: str, port: int, token: str) -> str:
    """Returns what to open in a browser on the machine of the server."""
    name = "127.0.0.1" if host in ANY_ADDRESS else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/?token={quote(token)}"


async def _add_policy(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(
        {
            "Content-Security-Policy": _POLICY.format(host=request.host),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
    )
