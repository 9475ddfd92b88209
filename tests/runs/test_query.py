"""Filtering runs: what is found, and what is said of a filter that means nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_tui.io.files import replace_file
from cnn_tui.runs import records
from cnn_tui.runs.annotations import annotate
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.known import Known
from cnn_tui.runs.layout import CONFIG, STATUS, State
from cnn_tui.runs.query import QueryError, parse_query
from cnn_tui.runs.records import Best, Status, encode_line
from cnn_tui.runs.sheet import Sheet
from cnn_tui.text import printable

NOW = records.now()


def make_run(
    folder: Path, name: str, config: str = "format: 1\n", **fields: Any
) -> Path:
    """Writes what a list reads of a run."""
    run = folder / name
    run.mkdir(parents=True)
    started = NOW - timedelta(hours=fields.pop("hours_ago", 1))
    values = {"state": State.FINISHED, "started_at": started, "name": name, **fields}
    replace_file(run / STATUS, encode_line(Status(id=name, **values)))
    (run / CONFIG).write_text(config)
    return run


CONFIG_A = """\
dataset: {name: cifar10, augmentation: {horizontal_flip: true}}
training: {optimizer: {name: sgd, lr: 0.05, momentum: 0.9}, seed: 3, compile: default}
"""
CONFIG_B = """\
dataset: {name: mnist}
training: {optimizer: {name: adam, lr: 0.001}, seed: 4}
"""
FOREIGN = "logger: csv\nhparams: {lr: 0.05, hidden: 128}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    a = make_run(
        folder,
        "a",
        CONFIG_A,
        preset="cifar10-fast",
        dataset="cifar10",
        best=Best(step=2500, accuracy=0.985),
        step=3000,
        total_steps=3000,
        training_seconds=400,
    )
    annotate(a, note="wide one, With Flip", tags=("paper", "v2"), pinned=True)
    make_run(
        folder,
        "b",
        CONFIG_B,
        preset="model-a",
        dataset="mnist",
        state=State.FAILED,
        best=Best(step=10, accuracy=0.98),
        hours_ago=72,
    )
    make_run(folder, "c", FOREIGN, title="Their net", hours_ago=200)
    make_run(folder, "d", "not: [yaml", state=State.STOPPED, hours_ago=0)
    return folder


def found(folder: Path, text: str) -> str:
    """Returns the ids of the runs that a filter finds, in one word."""
    runs, known = list_runs(folder), Known(folder)
    known.refresh(runs, {"config", "disk"})
    places = parse_query(text, known.keys()).places(Sheet(runs, known))
    return "".join(sorted(runs[place].id for place in places))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "abcd"),
        ("CIFAR10-fast", "a"),
        ("cifar10 fin", "a"),
        ('"their net"', "c"),
        ("state=finished", "ac"),
        ("state!=finished", "bd"),
        ("acc>0.98", "a"),
        ("acc>=98%", "ab"),
        ("best = 98.5%", "a"),
        ("best=none", "cd"),
        ("step>2k", "a"),
        ("iterations=3000", "a"),
        ("length>5min", "a"),
        ("age<2d", "ad"),
        ("age>1w", "c"),
        ("disk>1GB", ""),
        ("disk<1GiB", "abcd"),
        ("dataset=cifar10", "a"),
        ("lr>0.01", "ac"),
        ("training.optimizer.lr<=1e-3", "b"),
        ("lr!=0.05", "bd"),
        ("optimizer=SGD", "a"),
        ("optimizer~a", "b"),
        ("horizontal_flip=true", "a"),
        ("hidden>=128", "c"),
        ("logger=csv", "c"),
        ("compile=default seed=3", "a"),
        ("compile=none", "bcd"),
        ('note~"with flip"', "a"),
        ("tag=paper", "a"),
        ("tag!=paper", "bcd"),
        ("tag~v", "a"),
        ("pinned=true", "a"),
        ("lr>0.01 acc>0.98 dataset=cifar10 state=finished note~'with flip'", "a"),
    ],
)
def test_a_filter_finds_the_runs_that_it_describes(
    folder: Path, text: str, ids: str
) -> None:
    assert found(folder, text) == ids


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("lr>", 3, "a value is missing after lr>"),
        ("mnist >3", 0, '"mnist" is unknown: '),
        ("a lerning_rate>3", 2, '"lerning_rate" is unknown: '),
        ("zzzzzzzzzzzz=1", 0, "columns are best, step"),
        (">3", 0, "there is no name before >3"),
        ('note~"with flip', 5, "a quotation mark is never closed"),
        ('ab "c', 3, "a quotation mark is never closed"),
        ("acc>98", 4, "best is at most 1: write 98% for percent"),
        ("acc>150%", 4, "best is at most 100%, not 150%"),
        ("acc>150", 4, "best is at most 100%, not 150"),
        ("age<2", 4, "started is an age with its unit, such as 30min"),
        ("length<2parsecs", 7, "length is a time with its unit, such as 90s"),
        ("step>many", 5, "step is a number, such as 500, 10k or 3M, not many"),
        ("state>a", 6, "state is text: use =, != or ~"),
        ("step~3", 5, "step is a number: use =, !=, <"),
        ("tag>a", 4, "tags are words"),
        ("lr>high", 3, "lr> needs a number"),
        ("scale=1 mode=2 split=1", 15, '"split" is unknown'),
    ],
)
def test_what_means_nothing_is_said_with_its_place(
    text: str, position: int, sentence: str
) -> None:
    with pytest.raises(QueryError, match=f"at character {position + 1}: ") as caught:
        parse_query(text)
    assert caught.value.position == position
    assert sentence in caught.value.sentence


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_one_sentence(text: str) -> None:
    try:
        parse_query(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert printable(error) == str(error)
