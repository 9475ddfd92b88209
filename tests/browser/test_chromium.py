"""Pages in a real Chromium."""

from pathlib import Path

import pytest

from tests.browser.chromium import needs_chromium, tab
from tests.browser.serving import live_run, served
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
