"""Rows as csv, json, parquet and TensorBoard's: those that count, and no other."""

import csv
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import invoke, refusal

GOLDEN = Path(__file__).parents[1] / "golden" / "finished"
PROCESSING = "tensorboard.backend.event_processing"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that went back once: two updates are void, and one value is not finite."""
    path = tmp_path / "20260101-000000-rewound"
    path.mkdir()
    for name in ("config.yaml", "status.json"):
        (path / name).write_bytes((GOLDEN / name).read_bytes())
    lines: list[Any] = [train(1, 2.5), train(2, 2.0), train(3, 1.9), test(3)]
    lines += [{"rewind_to": 1}, train(2, None), train(3, 1.5), test(3)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (path / "metrics.jsonl").write_text(text)
    return path


def train(step: int, loss: float | None) -> dict[str, Any]:
    """A train row."""
    place = {"step": step, "epoch": step / 10, "time": step / 4}
    values = {"train/loss": loss, "train/accuracy": 0.5, "lr": 0.25}
    return {**place, **values, "images_per_second": 100.0}


def test(step: int) -> dict[str, Any]:
    """A test row."""
    place = {"step": step, "epoch": step / 10, "time": step / 4}
    return {**place, "test/loss": 1.25, "test/accuracy": 0.75}


test.__test__ = False  # type: ignore[attr-defined]

COUNTED = [train(1, 2.5), train(2, None), train(3, 1.5), test(3)]


def exported(run: Path, kind: str, output: Path) -> Path:
    """Exports a run to a file."""
    result = invoke("export", run, "--to", kind, "--output", output)
    assert result.exit_code == 0, result.stderr
    assert str(output) in result.stdout
    return output


def known(row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row without what it has not."""
    return {name: value for name, value in row.items() if value not in (None, "")}


def test_json_has_the_rows_that_count(run: Path, tmp_path: Path) -> None:
    rows = json.loads(exported(run, "json", tmp_path / "rows.json").read_text())
    assert [known(row) for row in rows] == [known(row) for row in COUNTED]
    assert rows[1]["train/loss"] is None


def test_csv_leaves_empty_what_a_row_has_not(run: Path, tmp_path: Path) -> None:
    with exported(run, "csv", tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [{k: float(v) for k, v in known(row).items()} for row in rows]
    assert numbers == [known(row) for row in COUNTED]


def test_parquet_has_nulls_there(run: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(exported(run, "parquet", tmp_path / "rows.parquet"))
    assert [known(row) for row in table.to_pylist()] == [known(r) for r in COUNTED]
    assert str(table.schema.field("step").type) == "int32"


def test_tensorboard_reads_its_own_format_back(run: Path, tmp_path: Path) -> None:
    loader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_file_loader"
    )
    path = exported(run, "tensorboard", tmp_path / "run.tfevents")
    events = list(loader.EventFileLoader(str(path)).Load())
    scalars = [
        (event.step, value.tag, value.tensor.float_val[0])
        for event in events
        for value in event.summary.value
        if value.tag != "config"
    ]
    expected = [
        (row["step"], name, value)
        for row in COUNTED
        for name, value in known(row).items()
        if name not in ("step", "epoch", "time")
    ]
    assert scalars == expected
    times = [event.wall_time for event in events if event.step]
    assert [b - a for a, b in pairwise(times)] == [0.25, 0.25, 0]
    [text] = [v for e in events for v in e.summary.value if v.tag == "config"]
    assert b"format: 1" in text.tensor.string_val[0]


def test_a_live_accumulator_of_tensorboard_finds_the_default_place(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    multiplexer = pytest.importorskip(f"{PROCESSING}.plugin_event_multiplexer")
    monkeypatch.chdir(tmp_path)
    assert invoke("export", run, "--to", "tensorboard").exit_code == 0
    found = multiplexer.EventMultiplexer().AddRunsFromDirectory("tensorboard")
    assert list(found.Reload().Runs()) == [run.name]


def test_nothing_is_written_over_unless_forced(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("mine")
    words = ("export", run, "--to", "csv", "--output", path)
    assert "is there already" in refusal(*words)
    assert path.read_text() == "mine"
    assert invoke(*words, "--force").exit_code == 0
    assert path.read_text().startswith("step,epoch,time,train/loss")
    assert sorted(p.name for p in tmp_path.iterdir()) == [run.name, "rows.csv"]


def test_what_cannot_be_written_is_one_sentence(run: Path, tmp_path: Path) -> None:
    words = ("export", run, "--to", "csv", "--output")
    assert "cannot be written: No such file" in refusal(*words, tmp_path / "no" / "x")
    assert "is a folder" in refusal(*words, tmp_path)
    pytest.importorskip("tensorboard")
    words = ("export", run, "--to", "tensorboard", "--output")
    assert '"tfevents"' in refusal(*words, tmp_path / "events.bin")


def test_a_missing_package_is_named_with_what_installs_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said = refusal("export", run, "--to", "onnx", "--output", tmp_path / "x.onnx")
    assert "onnx, which is not installed" in said
    assert "pip install 'cnn-tui[onnx]'" in said


def test_rows_are_exported_without_waiting_for_torch(run: Path, tmp_path: Path) -> None:
    words = ["export", str(run), "--to", "csv", "--output", str(tmp_path / "rows.csv")]
    script = f"""
import sys
from cnn_tui.cli import main
try:
    main({words})
finally:
    print("torch" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "False"


def test_what_is_exported_can_be_imported(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    events = exported(run, "tensorboard", tmp_path / "events.out.tfevents.cnn-tui")
    runs = tmp_path / "runs"
    assert invoke("import", events, "--runs-dir", runs).exit_code == 0
    [imported] = runs.iterdir()
    rows = json.loads(exported(imported, "json", tmp_path / "again.json").read_text())
    losses = [(row["step"], row["train/loss"]) for row in rows if "train/loss" in row]
    assert losses == [(1, 2.5), (2, None), (3, 1.5)]
    said = refusal("export", imported, "--to", "pt2", "--output", tmp_path / "x.pt2")
    assert "there is no network to look into" in said
