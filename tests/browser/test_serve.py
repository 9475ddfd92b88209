"""Pages of the program: who gets one, what it may do, and that nothing is left."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from cnn_tui.runs.layout import CONTROL
from tests.browser.serving import PATIENCE_SECONDS, Served, live_run, page, served
from tests.cli.commands import refusal

FINISHED = Path(__file__).parents[1] / "golden" / "finished"


def files(folder: Path) -> dict[str, bytes]:
    """Returns everything that lies in a folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that shows no runs."""
    with served(tmp_path_factory.mktemp("none")) as server:
        yield server


async def status(url: str, **headers: str) -> int:
    """Returns the status of an answer; no redirect is followed."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/else"])
@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", "?token=%C3%A4"])
async def test_nothing_is_served_without_the_token(
    server: Served, path: str, token: str
) -> None:
    assert await status(f"{server.site}{path}{token}") == 403


async def test_the_token_becomes_a_cookie_that_no_script_and_no_site_has(
    server: Served,
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(server.address, allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    cookie = cookie.partition(";")[0]
    name = cookie.partition("=")[0]
    assert await status(f"{server.site}/", Cookie=cookie) == 200
    assert await status(f"{server.site}/", Cookie=f"{name}=wrong") == 403
    assert await status(f"{server.site}/?token=wrong", Cookie=cookie) == 403


async def test_the_page_asks_this_server_alone(server: Served) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        aiohttp.ClientSession(cookie_jar=jar) as session,
        session.get(server.address) as answer,
    ):
        text = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "https:" not in text
    assert "default-src 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example:8000"},
    ],
)
async def test_another_page_or_name_is_refused_with_the_token(
    server: Served, headers: dict[str, str]
) -> None:
    assert await status(server.address, **headers) == 403
    async with aiohttp.ClientSession() as session:
        token = server.address.partition("?")[2]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(f"{server.site}/ws?{token}", headers=headers)


async def test_a_viewer_shows_runs_and_changes_nothing(tmp_path: Path) -> None:
    finished = tmp_path / "20260101-000000-golden"
    shutil.copytree(FINISHED, finished)
    with live_run(tmp_path), served(tmp_path) as server:
        assert "ssh -L " in server.told and "only look" in server.told
        async with page(server) as viewer:
            await viewer.until("Runs · 2")
            before, names = files(finished), files(tmp_path).keys()
            await viewer.press("D")
            await viewer.until("this is a viewer")
            await viewer.press("\r")
            await viewer.until("40 %")
            await viewer.press(" ")
            await viewer.until("cannot be told anything")
        assert files(finished) == before
        assert files(tmp_path).keys() == names


async def test_a_page_steers_where_that_was_asked_for(tmp_path: Path) -> None:
    with live_run(tmp_path), served(tmp_path, "--steer", "2") as server:
        async with page(server) as steering:
            await steering.until("40/100")
            await steering.press(" ")
            await steering.until("pausing")
            [run] = tmp_path.iterdir()
            assert len(list((run / CONTROL).iterdir())) == 1


async def test_programs_end_with_their_pages_and_with_the_server(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as server:
        async with page(server) as first:
            await first.until("Runs · 0")
            programs = server.programs()
            assert programs
        assert psutil.wait_procs(programs, PATIENCE_SECONDS)[1] == []
        async with page(server) as second:
            await second.until("Runs · 0")
            programs = server.programs()
            assert server.end() == 0
            assert psutil.wait_procs(programs, PATIENCE_SECONDS)[1] == []


async def test_programs_end_with_a_server_that_was_killed(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        async with page(server) as shown:
            await shown.until("Runs · 0")
            programs = server.programs()
            server.process.kill()
            assert psutil.wait_procs(programs, PATIENCE_SECONDS)[1] == []


def test_what_cannot_be_served_is_one_sentence(
    server: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    port = server.site.rpartition(":")[2]
    assert refusal("serve", "--port", port) == (
        f"cannot listen at 127.0.0.1 port {port}: Address already in use; give another "
        "--port, or an address of this machine as --host"
    )
    assert "no run" in refusal("serve", "nothing", "--runs-dir", tmp_path)
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    monkeypatch.delitem(sys.modules, "cnn_tui.browser", raising=False)
    assert refusal("serve") == (
        "serve needs textual-serve: pip install 'cnn-tui[serve]'"
    )
