"""Pages in a real Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cnn_tui.host.viewing import REFUSAL
from cnn_tui.runs.events import Paused
from cnn_tui.runs.reader import RunReader
from tests.browser.chromium import Terminal, needs_chromium, tab
from tests.browser.serving import live_run, served, training_run
from tests.cli.commands import invoke

pytestmark = [needs_chromium, pytest.mark.torture]

FINISHED = Path(__file__).parents[1] / "golden" / "finished"
MIDDLE = """(() => {
  const box = document.querySelector(".panel svg").getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
})()"""


async def test_the_page_of_a_live_run_asks_its_server_alone(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    with live_run(runs), served(runs, "2") as server:
        async with tab(tmp_path / "profile") as page:
            await page.open(server.address, width=1280)
            await page.until("document.body.classList.contains('-first-byte')")
            assert await page.run("location.search") == ""
            hosts = {url.split("/")[2] for url in page.asked() if url[:4] == "http"}
            assert hosts == {server.site.removeprefix("http://")}


@asynccontextmanager
async def terminal(folder: Path, *options: str) -> AsyncIterator[Terminal]:
    """Serves the runs of a folder, and opens and focuses a page of them."""
    with served(folder / "runs", *options) as server:
        async with tab(folder / "profile") as page:
            await page.open(server.address, width=1280)
            await page.until("document.body.classList.contains('-first-byte')")
            shown = Terminal(page, folder)
            await shown.click(640, 5)  # on the title, where nothing can be chosen
            await page.until("document.activeElement.localName === 'textarea'")
            yield shown


def pauses(run: Path) -> int:
    """Returns how often a run was paused."""
    reader = RunReader(run)
    reader.poll(10.0)
    return sum(isinstance(event, Paused) for event in reader.events)


async def test_keys_in_a_browser_steer_where_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with training_run(tmp_path / "runs") as run:
        async with terminal(tmp_path, "--steer") as shown:
            await shown.until("model-a")
            await shown.press("r", "KeyR")
            await shown.until("running")
            await shown.screenshot("list")
            await shown.press("Enter", "Enter", text="\r")
            await shown.until("pause")
            before = await shown.screenshot("running")
            assert pauses(run) == 0
            await shown.press(" ", "Space")
            await shown.until("paused")
            assert pauses(run) == 1
            assert await shown.screenshot("paused") != before


async def test_the_same_keys_in_a_viewer_say_that_it_only_looks(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with training_run(tmp_path / "runs") as run:
        async with terminal(tmp_path) as shown:
            await shown.until("running")
            await shown.press("Enter", "Enter", text="\r")
            await shown.until("pause")
            await shown.press(" ", "Space")
            await shown.until(REFUSAL.partition(" (")[0])
            await shown.screenshot("viewer")
            assert pauses(run) == 0


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_exported_page_answers_to_the_pointer_and_asks_nobody(
    tmp_path: Path, width: int, scheme: str
) -> None:
    path = tmp_path / "page.html"
    assert invoke("export", FINISHED, "--to", "html", "--output", path).exit_code == 0
    async with tab(tmp_path / "profile") as page:
        preference = {"name": "prefers-color-scheme", "value": scheme}
        await page.do("Emulation.setEmulatedMedia", features=[preference])
        await page.open(path.as_uri(), width=width)
        x, y = await page.run(MIDDLE)
        await page.do("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        await page.until(
            "document.querySelector('.panel output').textContent.includes('at step 9')"
        )
        assert await page.run("document.documentElement.scrollWidth <= innerWidth")
        body = "getComputedStyle(document.body)"
        assert await page.run(f"{body}.backgroundColor") == "rgb(255, 255, 255)"
        assert await page.run(f"{body}.paddingLeft") == "16px"
        fetched = [url for url in page.asked() if not url.startswith("data:")]
        assert fetched == [path.as_uri()]
        assert page.errors() == []
