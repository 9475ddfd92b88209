"""``cnn-tui import``: the logs of other programs, as their own loggers write them."""

import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.foreign.names import target_of
from cnn_tui.runs.config import read_foreign
from cnn_tui.runs.layout import METRICS, State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from tests.cli.commands import invoke, refusal
from tests.runs.conftest import read

# Each of these libraries warns about itself where it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def write_csv(path: Path, header: Iterable[str], *rows: Iterable[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def imported(tmp_path: Path, source: Path, *options: object) -> list[RunReader]:
    """Imports a log; returns readers of the runs that it became."""
    result = invoke("import", source, "--runs-dir", tmp_path / "runs", *options)
    assert result.exit_code == 0, result.stderr
    return [read(run) for run in sorted((tmp_path / "runs").iterdir())]


def status_of(reader: RunReader) -> Status:
    status = reader.status()
    assert status is not None
    return status


def values(reader: RunReader, table: str, column: str) -> list[float]:
    return [round(float(it), 6) for it in getattr(reader, table)[column]]


def test_a_csv_becomes_a_run_with_its_curves(tmp_path: Path) -> None:
    source = write_csv(
        tmp_path / "mine.csv",
        (
            *("step", "train_loss", "train_acc", "val_loss", "val_acc", "lr"),
            *("grad_norm", "images_per_second"),
        ),
        (1, 2.5, 0.1, "", "", 0.1, 7.5, 900),
        (2, 1.5, 0.4, 2.0, 0.35, 0.1, 6.5, 1000),
        (3, "nan", 0.5, 1.8, 0.45, 0.01, 5.5, ""),
    )
    [run] = imported(tmp_path, source)
    assert values(run, "train", "step") == [1, 2, 3]
    assert values(run, "train", "loss")[:2] == [2.5, 1.5]
    assert math.isnan(run.train["loss"][2])
    assert values(run, "tests", "step") == [2, 3]
    assert values(run, "tests", "validation_accuracy") == [0.35, 0.45]
    assert run.skipped == 0
    status = status_of(run)
    assert (status.state, status.step, status.lr) == (State.IMPORTED, 3, 0.01)
    assert status.best is not None
    assert (status.best.step, status.best.accuracy) == (3, 0.45)
    assert status.images_per_second == 1000
    rows = (run.path / METRICS).read_bytes()
    assert b'"grad_norm":7.5' in rows
    assert b'"images_per_second":900' in rows


def test_values_of_one_step_on_several_lines_and_out_of_order_are_one_row(
    tmp_path: Path,
) -> None:
    source = write_csv(
        tmp_path / "a.csv",
        ("step", "loss", "accuracy"),
        (3, 0.3, ""),
        (1, 0.1, ""),
        (3, "", 0.9),
        (1, "", 0.7),
    )
    [run] = imported(tmp_path, source)
    assert values(run, "train", "loss") == [0.1, 0.3]
    assert values(run, "train", "accuracy") == [0.7, 0.9]


def test_what_is_not_understood_is_listed_and_names_can_be_given(
    tmp_path: Path,
) -> None:
    source = write_csv(
        tmp_path / "a.csv",
        ("iteration", "top1", "model", "rewind_to"),
        *((step, 10.0 * step, "resnet", 0) for step in range(1, 10)),
    )
    folder = tmp_path / "runs"
    said = invoke(
        *("import", source, "--runs-dir", folder, "--name", "my net"),
        *("--map", "top1=test/accuracy", "--map", "nothing=test/loss"),
    ).stdout
    [path] = folder.iterdir()
    assert path.name.endswith("-my-net")
    assert "! model: some of it is no number" in said
    assert "! rewind_to: is a name of ours" in said
    assert "as they are     model\n" in said
    assert "! top1: is taken for percent" in said
    assert "! nothing: is not in the log" in said
    assert values(read(path), "tests", "accuracy")[-1] == 0.9
    assert refusal("import", source, "--map", "top1=best").startswith("--map top1=best")


def test_the_same_log_twice_is_said_and_not_doubled(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "a.csv", ("step", "loss"), (1, 0.5))
    imported(tmp_path, source)
    again = invoke("import", source, "--runs-dir", tmp_path / "runs").stdout
    assert "has been made of this log before" in again
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_folder_with_many_logs_makes_many_runs(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for number in range(3):
        write_csv(logs / f"run{number}.csv", ("step", "loss"), (1, number))
    (logs / "notes.csv").write_text("a,b\n1,2\n")
    (logs / "link.csv").symlink_to(logs / "run0.csv")
    runs = imported(tmp_path, logs)
    assert sorted(values(run, "train", "loss")[0] for run in runs) == [0, 1, 2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "has no column of steps"),
        (b"step,loss\n", "has no values to import"),
        (b"step,loss\nx,y\n", "has no values to import"),
        (bytes(range(256)) * 50, "steps"),
        (b'step,loss\n1,"' + b"x" * 300_000, "is no CSV"),
    ],
)
def test_what_is_no_log_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert said in refusal("import", path, "--runs-dir", tmp_path / "runs")
    assert not list((tmp_path / "runs").glob("*"))


def test_a_damaged_event_file_is_refused_or_read_up_to_the_damage(
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(b"\x08" + bytes(11) + b"\xff" * 12)
    assert "is no TensorBoard event file" in refusal(
        "import", path, "--runs-dir", tmp_path / "runs"
    )
    (tmp_path / "none").mkdir()
    assert "there is no log" in refusal("import", tmp_path / "none")
    assert "cannot be read" in refusal("import", tmp_path / "missing.csv")


def test_the_history_of_wandb_as_lines_of_json(tmp_path: Path) -> None:
    source = tmp_path / "history.jsonl"
    rows: list[dict[str, Any]] = [
        {"_step": 0, "_timestamp": 1.7e9, "loss": 2.0, "val/acc": None},
        {"_step": 5, "_timestamp": 1.7e9 + 3, "loss": "NaN", "val/acc": 0.5},
        {"_step": 9, "_timestamp": 1.7e9 + 8, "loss": 1.0, "picture": {"_type": "x"}},
    ]
    lines = [json.dumps(row) for row in rows]
    source.write_text("\n".join([*lines, "{", "[1]"]))
    result = invoke("import", source, "--runs-dir", tmp_path / "runs")
    assert "2 lines are no JSON objects" in result.stdout
    assert "picture: some of it is no number" in result.stdout
    [path] = (tmp_path / "runs").iterdir()
    run = read(path)
    assert path.name.startswith("20231114-")  # when it was trained
    assert values(run, "train", "time") == [0, 3, 8]
    assert values(run, "tests", "validation_accuracy") == [0.5]


def test_tensorboards_event_files_as_its_own_writer_writes_them(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    for part, accuracy in (("train", 0.5), ("validation", 0.75)):
        writer = SummaryWriter(str(tmp_path / "logs" / "net" / part))
        for step in range(1, 4):
            new = step == 3  # a tensor in the place of a number
            writer.add_scalar("epoch_loss", 1 / step, step, new_style=new)
            writer.add_scalar("epoch_accuracy", accuracy, step)
        writer.add_text("note", "words")
        writer.close()
    [run] = imported(tmp_path, tmp_path / "logs")
    assert run.path.name.endswith("-net")
    assert values(run, "train", "loss") == [1, 0.5, 0.333333]
    assert values(run, "tests", "validation_accuracy") == [0.75] * 3
    assert status_of(run).best


def test_what_lightnings_csv_logger_writes(tmp_path: Path) -> None:
    loggers = pytest.importorskip("lightning.pytorch.loggers")
    logger = loggers.CSVLogger(tmp_path / "logs", name="net")
    logger.log_hyperparams({"width": 32, "lr": 0.5})
    for step in range(0, 100, 50):
        logger.log_metrics({"train_loss_step": 2.0 - step / 50, "epoch": 0}, step)
    logger.log_metrics({"val_loss": 0.5, "val_acc": 0.9, "epoch": 0}, 99)
    logger.log_metrics({"train_loss_epoch": 1.5, "lr-SGD": 0.5, "epoch": 0}, 99)
    logger.save()
    [run] = imported(tmp_path, tmp_path / "logs")
    assert run.path.name.endswith("-net-version-0")
    assert values(run, "train", "loss")[:2] == [2.0, 1.0]
    assert values(run, "tests", "validation_accuracy") == [0.9]
    foreign = read_foreign(run.path)
    assert foreign is not None
    assert (foreign.kind, foreign.values) == ("lightning", {"width": 32, "lr": 0.5})
    assert status_of(run).lr == 0.5


def test_what_keras_csv_logger_writes(tmp_path: Path) -> None:
    callbacks = pytest.importorskip("keras.callbacks")
    logger = callbacks.CSVLogger(str(tmp_path / "history.csv"))
    logger.set_model(None)
    logger.on_train_begin()
    for epoch in range(3):
        logger.on_epoch_end(
            epoch,
            {"accuracy": epoch / 4, "loss": 3 - epoch, "val_accuracy": epoch / 5},
        )
    logger.on_train_end()
    [run] = imported(tmp_path, tmp_path / "history.csv")
    assert values(run, "train", "step") == values(run, "train", "epoch") == [1, 2, 3]
    assert values(run, "train", "loss") == [3, 2, 1]
    assert values(run, "tests", "validation_accuracy") == [0, 0.2, 0.4]
    status = read_status(run.path)
    assert status is not None
    assert status.epoch == 3


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("loss", "train/loss"),
        ("Loss/train", "train/loss"),
        ("train_loss_step", "train/loss"),
        ("val_sparse_categorical_accuracy", "validation/accuracy"),
        ("eval/acc", "validation/accuracy"),
        ("test_acc", "test/accuracy"),
        ("lr-AdamW", "lr"),
        ("learning_rate", "lr"),
        ("val_lr", None),
        ("top5_accuracy", None),
        ("box_loss", None),
        ("train_val_loss", None),
        ("accuracy_of_the_teacher", None),
    ],
)
def test_names_mean_the_curves_that_people_mean(name: str, target: str | None) -> None:
    assert target_of(name) == target
