"""A download from a real server: broken off, gone on with, wrong, or twice at once."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cnn_tui.io.download import fetch
from tests.io.serving import Site, serving

CONTENT = np.random.default_rng(0).bytes(2**20)
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server that has one file."""
    with serving({"x.gz": CONTENT}) as site:
        yield site


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file belongs."""
    return tmp_path / "raw" / "x.gz"


def get(site: Site, path: Path, md5: str = MD5, name: str = "x.gz") -> list[int]:
    """Fetches the file; returns what was told."""
    told: list[int] = []
    fetch([site.url + name], path, md5, lambda done, total: told.append(done))
    return told


def only(path: Path) -> bytes:
    """Returns the content of a file that is the only one in its folder."""
    assert list(path.parent.iterdir()) == [path]
    return path.read_bytes()


def test_it_is_told_as_it_comes_and_is_whole(site: Site, path: Path) -> None:
    told = get(site, path)
    assert only(path) == CONTENT
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, len(CONTENT))
    assert path.stat().st_mode & 0o444 == 0o444  # others may read it, as is usual


def test_what_is_there_is_not_asked_for_again(site: Site, path: Path) -> None:
    get(site, path)
    get(site, path)
    assert len(site.asked) == 1


def test_a_damaged_file_is_replaced(site: Site, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1])
    get(site, path)
    assert only(path) == CONTENT


def test_a_connection_that_breaks_is_gone_on_with(site: Site, path: Path) -> None:
    site.breaks_after = [300_000, 200_000]
    get(site, path)
    assert only(path) == CONTENT
    ranges = [asked for _, asked in site.asked]
    assert ranges == [None, "bytes=300000-", "bytes=500000-"]


def test_what_came_is_gone_on_with_by_the_next_attempt(site: Site, path: Path) -> None:
    site.breaks_after = [300_000, 0]
    with pytest.raises(OSError, match=r"x\.gz: broke off at byte 300,000 of 1,048,576"):
        get(site, path)
    assert path.with_name("x.gz.part").read_bytes() == CONTENT[:300_000]
    site.asked.clear()
    get(site, path)
    assert only(path) == CONTENT
    assert site.asked == [("x.gz", "bytes=300000-")]


def test_an_attempt_that_is_ended_leaves_what_came(site: Site, path: Path) -> None:
    def tell(done: int, total: int | None) -> None:
        if done > 300_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([site.url + "x.gz"], path, MD5, tell)
    assert not path.exists()
    assert get(site, path)[0] > 300_000
    assert only(path) == CONTENT


def test_a_server_without_ranges_starts_over(site: Site, path: Path) -> None:
    site.has_ranges = False
    site.breaks_after = [300_000]
    told = get(site, path)
    assert only(path) == CONTENT
    assert told.count(0) == 2


def test_one_that_never_gets_further_is_given_up(site: Site, path: Path) -> None:
    site.has_ranges = False
    site.breaks_after = [300_000] * 9
    with pytest.raises(OSError, match="broke off at byte 300,000"):
        get(site, path)
    assert len(site.asked) == 2


@pytest.mark.parametrize("begun", [b"of another file", CONTENT + b"too much", CONTENT])
def test_a_beginning_counts_only_if_it_is_right(
    begun: bytes, site: Site, path: Path
) -> None:
    path.parent.mkdir()
    path.with_name("x.gz.part").write_bytes(begun)
    get(site, path)
    assert only(path) == CONTENT


def test_a_wrong_checksum_leaves_nothing(site: Site, path: Path) -> None:
    with pytest.raises(OSError, match=rf"x\.gz: its MD5 is {MD5}, not 0000"):
        get(site, path, md5="0000")
    assert list(path.parent.iterdir()) == []


def test_mirrors_are_tried_in_order_and_all_are_named(site: Site, path: Path) -> None:
    names = ["none.gz", "x.gz", "other.gz"]
    urls = [site.url + name for name in names]
    fetch(urls, path, MD5, lambda done, total: None)
    assert [name for name, _ in site.asked] == names[:2]
    path.unlink()
    site.files.clear()
    with pytest.raises(OSError) as caught:
        fetch(urls, path, MD5, lambda done, total: None)
    assert str(caught.value) == "; ".join(f"{url}: 404 Not Found" for url in urls)


def test_without_a_server_it_says_so(path: Path) -> None:
    with pytest.raises(OSError, match=r"^http://127\.0\.0\.1:9/: Connection refused$"):
        fetch(["http://127.0.0.1:9/"], path, MD5, lambda done, total: None)


def test_two_at_once_fetch_it_once(site: Site, path: Path) -> None:
    begun, other_waits = threading.Event(), threading.Event()

    def hold(done: int, total: int | None) -> None:
        begun.set()
        assert other_waits.wait(30)

    def wait(done: int, total: int | None) -> None:
        assert total is None  # it has not asked for anything
        other_waits.set()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(fetch, [site.url + "x.gz"], path, MD5, hold)
        assert begun.wait(30)
        second = pool.submit(fetch, [site.url + "x.gz"], path, MD5, wait)
        first.result()
        second.result()
    assert only(path) == CONTENT
    assert len(site.asked) == 1
