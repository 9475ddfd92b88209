"""A web server on this machine that does what real ones do wrong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

_PATIENCE_SECONDS = 60.0


@dataclass
class Site:
    """What is served, how, and what was asked for."""

    files: dict[str, bytes]
    url: str = ""
    breaks_after: list[int] = field(default_factory=list)
    """After how many bytes the next connections break off."""
    has_ranges: bool = True
    goes_on: Event | None = None
    """What is waited for in the middle of a file."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Paths, and the ranges of them."""


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Site]:
    """Serves files by their paths until it is left."""
    site = Site(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, site)

        def log_message(self, *arguments: object) -> None:
            """Is silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def _answer(request: BaseHTTPRequestHandler, site: Site) -> None:
    asked = request.headers["Range"]
    site.asked.append((request.path[1:], asked))
    content = site.files.get(request.path[1:])
    if content is None:
        request.send_error(404)
        return
    start = 0
    if asked and site.has_ranges:
        start = int(re.findall(r"bytes=(\d+)-", asked)[0])
        if start >= len(content):
            request.send_error(416)
            return
    rest = content[start:]
    request.send_response(206 if start else 200)
    request.send_header("Content-Length", str(len(rest)))
    request.end_headers()
    most = site.breaks_after.pop(0) if site.breaks_after else len(rest)
    middle = most // 2
    request.wfile.write(rest[:middle])
    if site.goes_on is not None:
        site.goes_on.wait(_PATIENCE_SECONDS)
    request.wfile.write(rest[middle:most])
