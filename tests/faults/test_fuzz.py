"""Run directories that anything happened to: sentences, never a crash or a leak."""

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cnn_tui.cli import main
from cnn_tui.engine import books
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.errors import CnnTuiError
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.writer import RunWriter
from cnn_tui.ui.app import CnnTuiApp
from tests.faults import damage
from tests.faults.nets import write_preset
from tests.faults.nursery import Nursery

FILES = [
    *("config.yaml", "status.json", "environment.json", "train.log", "lock"),
    *("metrics.jsonl", "events.jsonl", "device.jsonl", "health.jsonl"),
    *("model.safetensors", "history/step-00000010.pt"),
    *("checkpoints/last.pt", "checkpoints/previous.pt", "evaluations/00000010.npz"),
]
FOLDERS = ["checkpoints", "evaluations", "history", "control"]
RUBBISH = [
    *(b"", b"\x00" * 100, b"null\n", b"[]\n", b"- 1\n", b"\xff\xfe\n", b"\n" * 1000),
    *(b'{"format": 1}\n', b'{"format": 2}\n', b'{"format": 1, "step": {}}\n'),
    b'{"format": 1, "state": "running", "started_at": 0, "pid": -1}\n',
    b'{"step": 5, "train/loss": 1, "lr": "\\u001b[2J", "rewind_to": 3}\n',
    b"[" * 100_000,
    b"\x1b]0;gotcha\x07\n",
]

Damage = Callable[[Path], object]

slowly = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
"""Each example trains: to look for the smallest one would take too long."""


_NAMES = st.sampled_from(FILES)
_SHARES = st.floats(0, 1, exclude_max=True)
_BYTES = st.sampled_from(RUBBISH) | st.binary(max_size=50)
_ANYTHING = st.sampled_from(FILES + FOLDERS)


def _damages(harm: Callable[..., None], **arguments: Any) -> st.SearchStrategy[Damage]:
    return st.builds(partial, st.just(harm), **arguments)


DAMAGES = st.lists(
    st.one_of(
        _damages(damage.cut, name=_NAMES, share=_SHARES),
        _damages(damage.flip, name=_NAMES, share=_SHARES),
        _damages(damage.overwrite, name=_NAMES, data=_BYTES),
        _damages(damage.append, name=_NAMES, data=_BYTES),
        _damages(damage.swap, name=_NAMES, other=_NAMES),
        _damages(damage.blow_up, name=_NAMES),
        _damages(damage.remove, name=_ANYTHING),
        _damages(damage.link_out, name=_ANYTHING),
        _damages(damage.make_folder, name=_ANYTHING),
        _damages(damage.make_pipe, name=_ANYTHING),
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of ten updates."""
    folder = tmp_path_factory.mktemp("small")
    logistic = ["flatten", {"linear": {"out_features": "classes"}}]
    preset = write_preset(folder / "small.yaml", layers=logistic, iterations=10)
    trainer, run = Nursery(folder).train(preset)
    assert trainer.wait().code == 0
    return run


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gives up at once where nothing can be written; leaves torch as it was."""
    monkeypatch.setattr(books, "RETRY_SECONDS", 0.0)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def damaged(folder: Path, good: Path, damages: list[Damage]) -> Path:
    """Returns a damaged copy of a run; beside it is a good one."""
    shutil.copytree(good, folder / "runs" / "neighbour")
    run = Path(shutil.copytree(good, folder / "runs" / good.name))
    for harm in damages:
        with suppress(OSError):  # what one removed, the next cannot damage
            harm(run)
    return run


def surroundings(run: Path) -> dict[Path, bytes]:
    """Returns all files around a run."""
    return {
        path: path.read_bytes()
        for path in run.parent.parent.rglob("*")
        if run not in path.parents and path.is_file() and path.stat().st_size < 2**30
    }


def assert_is_a_sentence(error: Exception | str) -> None:
    """Asserts that a message is one for people."""
    message = str(error)
    assert message.isprintable()
    assert not re.match(r"\w+(Error|Exception): ", message), message


def resume(run: Path) -> Outcome:
    """Goes on for five updates, in this process."""
    control = Interrupts()
    control.patience_seconds = 0
    changes = Changes(more_iterations=5)
    return resume_run(RunWriter.open(run), control, changes=changes)


def assert_can_be_resumed_or_says_why_not(run: Path) -> None:
    """Asserts that a resume trains, or refuses, or fails with a reason."""
    try:
        outcome = resume(run)
    except CnnTuiError as error:
        assert_is_a_sentence(error)
    else:
        assert outcome.state in (State.FINISHED, State.FAILED)
        assert_is_a_sentence(outcome.reason or "")


def assert_can_be_looked_at(run: Path) -> None:
    """Asserts that readers, lists and commands take it as it is."""
    reader = RunReader(run)
    for _ in range(3):  # a huge file is read on and on
        reader.poll(0.01)
    for read in (reader.status, reader.config_text):
        try:
            read()
        except CnnTuiError as error:
            assert_is_a_sentence(error)
    states = {found.path.name: found.state for found in list_runs(run.parent)}
    assert states["neighbour"] == State.FINISHED
    for words in (["runs"], ["runs", "--json"], ["show", run.name]):
        options = ["--runs-dir", str(run.parent)]
        shown = CliRunner().invoke(main, [*words, *options], catch_exceptions=False)
        assert shown.exit_code in (0, 2)
        assert shown.output.replace("\n", "").isprintable()


@settings(deadline=None, max_examples=60)
@given(DAMAGES)
def test_any_run_can_be_looked_at(
    tmp_path_factory: pytest.TempPathFactory, small: Path, damages: list[Damage]
) -> None:
    run = damaged(tmp_path_factory.mktemp("fuzz"), small, damages)
    before = surroundings(run)
    assert_can_be_looked_at(run)
    assert surroundings(run) == before


async def look_at_in_the_app(run: Path) -> None:
    """Opens a run in the dashboard, then the list of runs."""
    app = CnnTuiApp(runs_folder=run.parent, open_run=run)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press("r")
        await pilot.pause()


def assert_attaching_changes_nothing(
    folder: Path, good: Path, damages: list[Damage]
) -> None:
    """Asserts that the app shows a damaged run, and touches nothing around it."""
    run = damaged(folder, good, damages)
    before = surroundings(run)
    asyncio.run(look_at_in_the_app(run))
    assert surroundings(run) == before


@settings(slowly, max_examples=8)
@given(DAMAGES)
def test_any_run_can_be_attached_to(
    tmp_path_factory: pytest.TempPathFactory, small: Path, damages: list[Damage]
) -> None:
    assert_attaching_changes_nothing(tmp_path_factory.mktemp("fuzz"), small, damages)


@pytest.mark.torture
@pytest.mark.timeout(3600)
@settings(slowly, max_examples=200)
@given(DAMAGES)
def test_hundreds_of_runs_can_be_attached_to(
    tmp_path_factory: pytest.TempPathFactory, small: Path, damages: list[Damage]
) -> None:
    assert_attaching_changes_nothing(tmp_path_factory.mktemp("fuzz"), small, damages)


def assert_resume_stays_inside(folder: Path, good: Path, damages: list[Damage]) -> None:
    """Asserts that a resume of a damaged run changes nothing beside the run."""
    run = damaged(folder, good, damages)
    before = surroundings(run)
    assert_can_be_resumed_or_says_why_not(run)
    assert_can_be_looked_at(run)
    assert surroundings(run) == before


@settings(slowly, max_examples=25)
@given(DAMAGES)
def test_any_run_can_be_resumed_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory, small: Path, damages: list[Damage]
) -> None:
    assert_resume_stays_inside(tmp_path_factory.mktemp("fuzz"), small, damages)


@pytest.mark.torture
@pytest.mark.timeout(3600)
@settings(slowly, max_examples=1000)
@given(DAMAGES)
def test_a_thousand_runs_can_be_resumed_or_say_why_not(
    tmp_path_factory: pytest.TempPathFactory, small: Path, damages: list[Damage]
) -> None:
    assert_resume_stays_inside(tmp_path_factory.mktemp("fuzz"), small, damages)
