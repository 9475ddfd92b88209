"""Keeps the tests away from the user's own folders and settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import textual_version


def pytest_configure(config: pytest.Config) -> None:
    """Refuses to draw the pictures of the snapshot tests anew with another Textual."""
    if config.getoption("--snapshot-update", False) and (
        why := textual_version.difference()
    ):
        raise pytest.UsageError(f"--snapshot-update: {why}")


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Gives the session a home of its own; data are decoded into its cache once."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        patch.setenv("no_proxy", "127.0.0.1")  # some tests serve files there
        for variable in ("CNN_TUI_RUNS", "CNN_TUI_DATA"):
            patch.delenv(variable, raising=False)
        yield


@pytest.fixture(scope="session")
def compared_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Runs that differ in one thing each; do not change them."""
    from tests.compared_runs import make_runs

    return make_runs(tmp_path_factory.mktemp("compared"))
