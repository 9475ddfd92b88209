"""Who went on from whom is told by configs, which may say anything."""

from pathlib import Path

import pytest

from cnn_tui.runs.lineage import ancestors, families, read_lineage
from tests.cli.commands import SMALL


def make(folder: Path, name: str, lineage: str = "") -> Path:
    """Makes a run that has only a config."""
    run = folder / name
    run.mkdir()
    (run / "config.yaml").write_text(
        SMALL + (f"lineage:\n{lineage}" if lineage else "")
    )
    return run


def of(parent: str, step: int = 5) -> str:
    """Returns what a fork says of itself."""
    changed = "  changed:\n    training.optimizer.lr: 0.1\n"
    return f"  parent: {parent}\n  step: {step}\n{changed}"


def drawn(folder: Path, run: str | None = None) -> list[str]:
    """Returns what connects the runs, and their names."""
    return [twig.bars + twig.run for it in families(folder, run) for twig in it]


def test_families_are_drawn_by_step(tmp_path: Path) -> None:
    make(tmp_path, "alone")
    make(tmp_path, "a")
    make(tmp_path, "late", of("a", 9))
    make(tmp_path, "early", of("a", 3))
    make(tmp_path, "below", of("early", 4))
    assert drawn(tmp_path) == ["a", "├─ early", "│  └─ below", "└─ late"]
    assert drawn(tmp_path, "below") == drawn(tmp_path)
    assert drawn(tmp_path, "alone") == ["alone"]
    assert [(run.name, step) for run, step in ancestors(tmp_path / "below")] == [
        ("early", 4),
        ("a", 3),
    ]


def test_a_parent_that_is_gone_leaves_its_forks_alone(tmp_path: Path) -> None:
    child = make(tmp_path, "child", of("gone"))
    make(tmp_path, "grandchild", of("child"))
    assert drawn(tmp_path) == ["child", "└─ grandchild"]
    assert ancestors(child) == []


def test_circles_are_cut(tmp_path: Path) -> None:
    one = make(tmp_path, "one", of("other"))
    make(tmp_path, "other", of("one"))
    make(tmp_path, "self", of("self"))
    assert drawn(tmp_path) == ["one", "└─ other", "self"]
    assert drawn(tmp_path, "self") == ["self"]
    assert [run.name for run, _ in ancestors(one)] == ["other"]


def test_a_long_line_of_forks_stays_narrow(tmp_path: Path) -> None:
    make(tmp_path, "r000")
    for n in range(1, 200):
        make(tmp_path, f"r{n:03}", of(f"r{n - 1:03}"))
    lines = drawn(tmp_path)
    assert len(lines) == 200
    assert max(map(len, lines)) < 400


@pytest.mark.parametrize(
    "said",
    [
        "  parent: ../../etc\n  step: 3\n",
        "  parent: a\n  step: -1\n",
        "  parent: a\n",
        "  step: [1, 2]\n  parent: &x a\n",
        "  - nothing\n",
    ],
)
def test_nonsense_is_no_lineage(tmp_path: Path, said: str) -> None:
    assert read_lineage(make(tmp_path, "run", said)) is None
