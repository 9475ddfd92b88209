"""The list of runs on the command line."""

import json
from pathlib import Path

import pytest

from cnn_tui.runs.annotations import annotate
from cnn_tui.runs.layout import CONFIG, State
from cnn_tui.runs.records import Best
from tests.cli.commands import invoke, refusal
from tests.runs.test_query import CONFIG_A, CONFIG_B, FOREIGN, make_run


@pytest.fixture(autouse=True)
def _runs() -> None:
    """Three runs, one of them of another program."""
    folder = Path("runs")
    a = make_run(
        folder,
        "a",
        CONFIG_A,
        best=Best(step=9, accuracy=0.985),
        hours_ago=3,
        preset="x",
    )
    make_run(folder, "b", CONFIG_B, best=Best(step=9, accuracy=0.99), hours_ago=2)
    make_run(folder, "c", FOREIGN, state=State.STOPPED)
    annotate(a, note="with flip", tags=("paper",))


def listed(*arguments: str) -> list[str]:
    """Returns the ids in the order in which they are printed."""
    result = invoke("runs", *arguments)
    assert result.exit_code == 0, result.stderr
    return [line.split()[0] for line in result.stdout.splitlines()]


def test_runs_are_filtered_and_sorted() -> None:
    assert listed() == ["c", "b", "a"]
    assert listed("lr>0.01", "state=finished") == ["a"]
    assert listed('note~"with flip"') == ["a"]
    assert listed("hidden=128") == ["c"]
    assert listed("--sort", "best") == ["b", "a", "c"]
    assert listed("--sort", "lr", "--reverse") == ["b", "a", "c"]
    assert invoke("runs", "lr>7").stdout.startswith("no runs that are like that in /")


def test_a_pinned_run_comes_first() -> None:
    annotate(Path("runs/a"), pinned=True)
    assert listed() == ["a", "c", "b"]


def test_columns_are_those_asked_for() -> None:
    lines = invoke("runs", "--columns", "lr,best,hidden").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["id", "state", "lr", "best", "hidden"],
        ["c", "■", "stopped", "0.0500", "–", "128"],
        ["b", "✓", "finished", "0.00100", "99.00", "%", "–"],
        ["a", "✓", "finished", "0.0500", "98.50", "%", "–"],
    ]


def test_scripts_get_json_with_what_people_wrote() -> None:
    [run] = json.loads(
        invoke("runs", "tag=paper", "--columns", "seed", "--json").stdout
    )
    assert (run["id"], run["note"], run["tags"], run["seed"]) == (
        "a",
        "with flip",
        ["paper"],
        3,
    )


def test_what_means_nothing_is_refused() -> None:
    assert refusal("runs", "lr>0.1", "foo=3").startswith(
        'the filter, at character 8: "foo" is unknown: '
    )
    assert refusal("runs", "--sort", "nope") == '"nope" is unknown: did you mean note?'
    assert refusal("runs", "--sort", "lrr") == '"lrr" is unknown: did you mean lr?'
    assert "columns are best, step" in refusal("runs", "--sort", "qqqq")


def test_configs_are_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for number in range(20):
        make_run(Path("runs"), f"n{number}", "training: {seed: 11}\n")
    assert len(listed("seed=11")) == 20
    [cache] = (tmp_path / "cache" / "cnn-tui").iterdir()
    stamped = cache.stat().st_ino
    (Path("runs") / "n7" / CONFIG).write_text("training: {seed: 1234}\n")
    assert len(listed("seed=11")) == 19
    assert cache.stat().st_ino == stamped
    cache.write_bytes(b"damaged")
    assert listed("seed=1234") == ["n7"]
