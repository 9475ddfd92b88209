"""Events, ends, settings and machines in words; commands that wait for an answer."""

from pathlib import Path
from typing import Any, TypeVar

import pytest

from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.presets.files import find_preset
from cnn_tui.runs import events, records
from cnn_tui.runs.events import KINDS, Event, Happened, Unknown, decode_event
from cnn_tui.runs.layout import CONTROL, LOST, State
from cnn_tui.runs.rank_devices import RankRow, Together
from cnn_tui.runs.records import DeviceRow, Status
from cnn_tui.runs.status import model_name
from cnn_tui.ui import run_settings
from cnn_tui.ui.commands import SentCommands
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.screens.dialogs import positive_count
from cnn_tui.ui.sentences import event_sentence, outcome, value_text
from cnn_tui.ui.widgets.device_pane import device_lines, together_lines
from tests.runs.conftest import example_event
from tests.ui.conftest import tiny_config

FINE, PLAIN = GLYPHS["braille"], GLYPHS["ascii"]

_Kind = TypeVar("_Kind", bound=Happened)


def event(kind: type[_Kind], **fields: Any) -> _Kind:
    return kind(at=records.now(), step=5, **fields)


def status(state: State = State.FINISHED, **fields: Any) -> Status:
    return Status(state=state, started_at=records.now(), **fields)


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (event(events.Started, device="cpu"), "started on cpu"),
        (event(events.Started), "started"),
        (event(events.Resumed), "goes on"),
        (event(events.Resumed, until=1240), "goes on to step 1,240"),
        (event(events.Resumed, repeats_edits=False), "goes on from step 5"),
        (
            events.Resumed(at=records.now(), step=0, repeats_edits=True),
            "begins anew",
        ),
        (event(events.Paused), "paused"),
        (event(events.Paused, reason="non_finite"), "paused: a value is not finite"),
        (event(events.Stepped), "came to where it was to pause"),
        (event(events.CheckpointSaved), "checkpoint saved"),
        (
            event(events.CheckpointSaved, also_as=["best.pt"]),
            "checkpoint saved as best.pt",
        ),
        (
            event(events.Evaluated, test_accuracy=0.9721, best=True),
            "evaluated  97.21 %  best",
        ),
        (
            event(events.Evaluated, test_accuracy=0.9, validation_accuracy=0.8),
            "evaluated  80.00 % of the validation images",
        ),
        (event(events.Evaluated), "evaluated"),
        (
            event(events.HyperparameterChanged, what="lr", before=0.05, after=0.02),
            "lr 0.05 → 0.02",
        ),
        (
            event(events.NonFinite, what="gradient", layer="layer 4, conv2d"),
            "gradient not finite in layer 4, conv2d",
        ),
        (event(events.NonFinite, what="loss"), "loss not finite"),
        (event(events.LossExploded, loss=23.25), "loss exploded: 23.25"),
        (event(events.RolledBack, reached=9), "went back from step 9"),
        (event(events.RolledBack), "went back"),
        (
            event(events.Rejected, outcome="rejected", reason="lr must be above 0"),
            "refused: lr must be above 0",
        ),
        (event(events.Failed, reason="out of memory"), "failed: out of memory"),
        (event(events.Interrupted, reason="SIGTERM"), "interrupted: SIGTERM"),
        (event(events.HandedOver), "handed over"),
        (event(events.NotBitExact, reason="2 threads"), "not bit exact: 2 threads"),
        (
            event(events.CheckpointDamaged, reason="last.pt is cut off"),
            "checkpoint damaged: last.pt is cut off",
        ),
    ],
)
def test_events(happened: Event, sentence: str) -> None:
    assert event_sentence(happened) == sentence


def test_every_kind_of_event_has_a_sentence_of_its_own() -> None:
    sentences = [event_sentence(example_event(kind)) for kind in KINDS.values()]
    assert len(set(sentences)) == len(KINDS)
    assert not [text for text in sentences if "None" in text or "null" in text]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_an_event_that_says_the_least_has_a_sentence(kind: type[Happened]) -> None:
    assert event_sentence(example_event(kind, least=True)).isprintable()


def test_an_event_of_a_newer_version_is_told_by_its_word_and_reason() -> None:
    line = {"at": records.now(), "step": 5, "event": "ema_begun", "decay": 0.99}
    newer = decode_event(records.encode_line(line))
    assert isinstance(newer, Unknown)
    assert event_sentence(newer) == "ema begun"
    line["reason"] = "[b]it\x1b[31m"
    newer = decode_event(records.encode_line(line))
    assert event_sentence(newer) == r"ema begun: [b]it\x1b[31m"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3000, "3,000"),
        (1_234_567, "1,234,567"),
        (0.05, "0.05"),
        (5.0, "5"),
        (1e-8, "1e-08"),
        (False, "false"),
        (None, "null"),
        ("30s", "30s"),
        ([0.9, 0.999], "[0.9, 0.999]"),
        ("\x1b[31m", r"\x1b[31m"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("now", "state", "part"),
    [
        (status(step=9), "finished", "finished at step 9 after 0:00 · files in"),
        (status(State.STOPPED), "stopped", "stopped at step 0"),
        (
            status(State.INTERRUPTED, reason="SIGTERM"),
            "interrupted",
            "interrupted (SIGTERM) at step 0",
        ),
        (
            status(State.FAILED, step=3, reason="no memory"),
            "failed",
            "failed at step 3: no memory · details in",
        ),
        (status(State.FAILED), "failed", "a reason that it did not write down"),
        (
            status(State.PAUSED, reason="non_finite"),
            "paused",
            "paused at step 0: a value is not finite",
        ),
        (status(State.RUNNING), LOST, "its process is gone"),
    ],
)
def test_how_a_run_ended(now: Status, state: str, part: str) -> None:
    assert part in (outcome(now, state, Path("runs/x")) or "")


@pytest.mark.parametrize("state", [State.RUNNING, State.PAUSED, State.STARTING])
def test_a_run_that_goes_on_has_no_outcome(state: State) -> None:
    assert outcome(status(state), state, Path("x")) is None


def test_settings_that_differ_come_first_and_say_how() -> None:
    config = tiny_config("batch_size=50")
    preset = run_settings.values(tiny_config("lr=0.5"))
    changed = event(events.HyperparameterChanged, what="lr", after=0.2)
    now = status(overrides={"lr": 0.2}, preset="logistic")
    rows = run_settings.setting_rows(config, preset, now, [changed])
    assert [(row.name, row.value, row.note) for row in rows if row.note] == [
        ("lr", "0.2", "preset 0.5, changed at step 5"),
        ("batch_size", "50", "preset 100"),
    ]
    assert {row.name for row in rows} >= {"optimizer", "schedule", "loss", "dataset"}


def test_settings_that_are_off_are_told_only_where_the_preset_has_them_on() -> None:
    on = run_settings.values(tiny_config("drop_last=true", "gradient_accumulation=4"))
    off = run_settings.values(tiny_config())
    told = {}
    for name, preset in (("on", on), ("off", off)):
        now = status(preset="logistic")
        rows = run_settings.setting_rows(tiny_config(), preset, now, [])
        told[name] = {row.name: (row.value, row.note) for row in rows}
    assert told["on"]["drop_last"] == ("false", "preset true")
    assert told["on"]["gradient_accumulation"] == ("1", "preset 4")
    assert not {"drop_last", "gradient_accumulation"} & told["off"].keys()
    assert "decay_norms_and_biases" not in told["on"]


def test_other_layers_than_those_of_the_preset_are_told() -> None:
    preset = run_settings.values(tiny_config())
    edited = tiny_config("model.layers.2.linear.bias=false")
    for config, expected in ((tiny_config(), []), (edited, ["2"])):
        rows = run_settings.setting_rows(config, preset, status(preset="logistic"), [])
        found = [row for row in rows if row.name == "layers"]
        assert [row.value for row in found] == expected
        assert all(row.note == "not those of the preset" for row in found)


@pytest.mark.parametrize(
    ("length", "total_steps", "row"),
    [
        ("iterations=60", 90, ("iterations", "90", "preset 3,000, changed at step 5")),
        ("epochs=2", 15, ("epochs", "3", "not set in the preset, changed at step 5")),
    ],
)
def test_more_iterations_are_a_change_of_the_settings(
    length: str, total_steps: int, row: tuple[str, str, str]
) -> None:
    config = tiny_config(length)
    preset = run_settings.values(tiny_config())
    changed = event(events.HyperparameterChanged, what="total_steps", after=total_steps)
    now = status(total_steps=total_steps, preset="logistic")
    rows = run_settings.setting_rows(config, preset, now, [changed])
    assert row in [(row.name, row.value, row.note) for row in rows]


def test_a_preset_that_is_gone_differs_in_nothing() -> None:
    assert run_settings.preset_values(status(preset="no-such-preset")) == {}
    assert run_settings.preset_values(status()) == {}
    assert run_settings.preset_values(status(preset="logistic"))["optimizer"] == "sgd"


def test_a_preset_that_a_run_names_is_a_name_and_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outside = tmp_path / "mine.yaml"
    outside.write_bytes(find_preset("logistic").path.read_bytes())
    for path in (outside, outside.with_suffix(""), Path("./../mine.yaml")):
        named = status(name="a\x1b", preset=str(path))
        assert run_settings.preset_values(named) == {}
        assert model_name(named) == r"a\x1b"
    assert model_name(status(preset="mine.yaml\x1b")) == r"mine.yaml\x1b"
    assert run_settings.preset_values(status(preset="mine.yaml")) == {}


def test_live_values_are_those_of_the_optimizer() -> None:
    adam = tiny_config("optimizer=adam")
    assert "momentum" not in run_settings.live_values(adam, status())
    sgd = run_settings.live_values(tiny_config(), status(lr=0.25))
    assert sgd["lr"] == "0.25"
    assert sgd["checkpoint_every"] == "30s"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("lr", "0.02", None),
        ("lr", "-1", "greater than 0"),
        ("lr", "fast", "must be a number"),
        ("evaluate_every", "1.5", "whole number"),
        ("checkpoint_every", "30s", None),
        ("checkpoint_every", "soon", "such as 30s"),
    ],
)
def test_live_values_are_checked(name: str, text: str, problem: str | None) -> None:
    found = run_settings.live_value_problem(tiny_config(), name, text)
    if problem is None:
        assert found is None
    else:
        assert found
        assert problem in found


def texts(rows: list[DeviceRow], threads: int | None = 2) -> str:
    return "\n".join(line.plain for line in device_lines(rows, threads, PLAIN))


def test_a_machine_without_gpu() -> None:
    row = DeviceRow(at=records.now(), cpu_percent=50.0, process_memory_bytes=2**30)
    text = texts([row])
    assert "GPU   none" in text
    assert "50 %" in text
    assert "1024 MiB" in text or "1.0 GiB" in text
    assert "2 threads" in text
    assert "unknown" in text  # the host's memory
    assert "no sample yet" in texts([])
    assert "unknown threads" in texts([row], None)
    assert "1 thread\n" in texts([row], 1)


def test_processes_that_train_together() -> None:
    own = GpuSample(index=3, utilization_percent=93.0)
    ranks = {
        2: RankRow(at=records.now(), device="cuda:1", gpus=[own], host="[b]far"),
        1: RankRow(at=records.now(), device="cpu", process_cpu_percent=98.0),
    }
    told: dict[str, Any] = {"processes": 3, "images_per_second": 2400.0, "ranks": ranks}
    lines = together_lines(Together(one_device=1000.0, **told))
    text = "\n".join(line.plain for line in lines)
    assert text.splitlines()[0].split() == ["Ranks", "3", "2,400", "img/s"]
    assert "80%  of 3 × one device, measured" in text
    assert text.index(" 1    cpu    98 %") < text.index(" 2    cuda:1    93 %")
    assert text.endswith("[b]far")
    unmeasured = together_lines(Together(one_device=None, **told))
    assert "one device" not in "\n".join(line.plain for line in unmeasured)


def test_gpus_with_a_history_each() -> None:
    def row(utilization: float | None) -> DeviceRow:
        gpu = GpuSample(
            index=0,
            name="NVIDIA [red]H100",
            utilization_percent=utilization,
            memory_used_bytes=2 * 2**30,
            memory_total_bytes=80 * 2**30,
            temperature_celsius=61.0,
        )
        return DeviceRow(at=records.now(), gpus=[gpu, GpuSample(index=1)])

    text = texts([row(0), row(None), row(50), row(100)])
    assert "GPU 0 NVIDIA [red]H100" in text
    assert "100 %" in text
    assert "2.0 GiB of 80.0 GiB" in text
    assert "61 °C" in text
    assert "unknown W" in text
    assert "GPU 1 unknown" in text
    assert PLAIN.sparkline([0, None, 0.5, 1.0], 6).endswith("  =#")


def test_bars_and_sparklines_stay_within_their_width() -> None:
    for fraction in (-1.0, 0.0, 0.5, 1.0, 7.0):
        full, rest = FINE.bar_parts(fraction, 10)
        assert len(full + rest) == 10
    assert FINE.bar_parts(0.5, 10)[0] == "━━━━━"
    assert FINE.sparkline([2.0, -1.0], 4) == "  █▁"
    assert all(sign.isascii() for sign in PLAIN.states.values())
    assert PLAIN.states.keys() == FINE.states.keys()


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_command_waits_until_its_answer_is_read(tmp_path: Path) -> None:
    (tmp_path / CONTROL).mkdir()
    clock = Clock()
    commands = SentCommands(tmp_path, clock)
    commands.send("pausing", "pause")
    [name] = [path.name for path in (tmp_path / CONTROL).iterdir()]
    assert commands.in_words() == ["pausing…"]
    clock.now = 12.0
    assert commands.in_words() == ["pausing… no answer for 0:12"]
    assert commands.settle([event(events.Paused, command_id="another")]) == []
    assert commands.in_words()
    answer = event(events.Paused, command_id=name, outcome="done")
    assert commands.settle([answer]) == []
    assert commands.in_words() == []


def test_a_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / CONTROL).mkdir()
    commands = SentCommands(tmp_path)
    commands.send("lr → 9", "set", name="lr", value=9)
    [name] = [path.name for path in (tmp_path / CONTROL).iterdir()]
    answer = event(events.Rejected, command_id=name, outcome="rejected", reason="[b]no")
    assert commands.settle([answer]) == ["lr → 9: refused: [b]no"]
    commands.send("stopping", "stop")
    commands.give_up()
    assert commands.in_words() == []


@pytest.mark.parametrize("text", ["50", "+50", " 50 ", "2147483647"])
def test_a_count_may_be_typed_as_on_the_command_line(text: str) -> None:
    assert positive_count(text) is None
    assert int(text) > 0


@pytest.mark.parametrize("text", ["", "0", "-1", "++1", "1.5", "x", "2147483648"])
def test_what_is_no_count_is_named(text: str) -> None:
    assert positive_count(text) == "must be a whole number from 1 to 2,147,483,647"


def test_a_count_of_thousands_of_digits_is_no_count() -> None:
    assert positive_count("9" * 10_000)
