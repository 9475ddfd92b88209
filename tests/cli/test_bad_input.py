"""Bad input gets one clear sentence and exit code 2, and leaves nothing behind."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnn_tui.datasets import facts
from tests.cli.commands import SMALL, invoke, preset, refusal


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["model-x"], "no preset model-x; did you mean model-"),
        (["no.yaml"], "no.yaml: cannot be read: No such file or directory"),
        (["model-a", "--set", "lr"], "--set lr: must be KEY=VALUE"),
        (["model-a", "--set", "bach_size=5"], "--set bach_size: unknown key; did you"),
        (
            ["model-a", "--set", "batch_size=70000"],
            "model-a with your settings: training.batch_size: must be at most the "
            "60,000 images trained on, not 70,000",
        ),
        (["model-a", "--set", "lr=.nan"], "model-a with your settings: training.optim"),
        (["model-a", "--set", "lr=-1"], "model-a with your settings: training.optimiz"),
        (["model-a", "--set", "seed=x"], "model-a with your settings: training.seed: "),
        (
            ["model-a", "--set", "title=\udcff"],
            "model-a with your settings: title: ",
        ),
        (
            ["model-a", "--set", "iterations=5", "--set", "epochs=0"],
            "model-a with your settings: training.epochs: ",
        ),
        (["model-a", "--device", "gpu"], "model-a with your settings: training.device"),
        (["model-a", "--device", "cuda:99"], "there is no device cuda:99 here; there "),
    ],
)
def test_train_refuses(arguments: list[str], sentence: str) -> None:
    assert refusal("train", *arguments).startswith(sentence)
    assert not Path("runs").exists()


def test_a_model_too_large_for_the_memory_is_refused() -> None:
    layers = "[conv2d: {out_channels: 50000, kernel_size: 1}, "
    layers += "adaptive_avg_pool2d: {output_size: 1}, flatten, linear: "
    layers += "{out_features: classes}]"
    text = f"model: {{layers: {layers}}}\ntraining: {{batch_size: 60000}}"
    sentence = refusal("train", preset(Path(), text))
    assert sentence.startswith("the model is too large for cpu: its ")
    assert sentence.endswith("or raise gradient_accumulation")
    assert not Path("runs").exists()


def test_a_folder_of_runs_that_cannot_be_made_is_refused(small: Path) -> None:
    Path("file").touch()
    sentence = refusal("train", small, "--runs-dir", "file/runs")
    assert sentence.endswith("Not a directory; choose another folder with --runs-dir")
    assert sorted(path.name for path in Path().iterdir()) == ["file", "small.yaml"]


def test_damaged_data_are_refused(small: Path) -> None:
    raw = Path("data/MNIST/raw")
    raw.mkdir(parents=True)
    for name in facts.FILES:
        (raw / name).touch()
    sentence = refusal("train", small, "--data-dir", "data")
    assert sentence.startswith(f"{raw / facts.FILES[0]}: is damaged: its MD5 is ")
    assert not Path("runs").exists()


def test_a_name_that_no_file_can_have_is_refused() -> None:
    name = "a" * 300
    assert refusal("show", name).startswith(f"no preset {name}; there are model-a")
    assert refusal("show", f"{name}.yaml").endswith(
        "cannot be read: File name too long"
    )
    assert invoke("doctor", "--runs-dir", name).exit_code == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must be a mapping of keys to values"),
        (b"- a", "must be a mapping of keys to values"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"\x00\x01", "is not valid YAML"),
        (b"a: &a [*a]", "aliases (*a) are not allowed"),
        (b"a: !!python/object/apply:os.system [ls]", "tags (!) are not allowed"),
        (b"a: " + b"[" * 100, "nested deeper than 50 levels"),
        (b"#" * 2_000_000, "larger than 1,000,000 bytes"),
        (
            SMALL.replace("out_features: classes", "out_features: 9").encode(),
            "must end",
        ),
        (SMALL.encode() + b"trainig: {}", "unknown key; did you mean training?"),
    ],
)
def test_files_that_are_no_presets_are_refused(content: bytes, sentence: str) -> None:
    Path("mine.yaml").write_bytes(content)
    for command in ("train", "show"):
        found = refusal(command, "mine.yaml")
        assert found.startswith("mine.yaml")
        assert sentence in found
    result = invoke("check", "mine.yaml")
    assert (result.exit_code, result.stderr) == (2, "")
    assert sentence in result.stdout


def test_check_names_every_problem_with_file_line_and_key(small: Path) -> None:
    Path("bad.yaml").write_text(
        "model:\n"
        "  layers:\n"
        "    - conv2d: {out_channels: 16, kernel_siz: 5}\n"
        "training: {lerning: 5, batch_size: 0}\n"
    )
    result = invoke("check", small, "bad.yaml", "no.yaml")
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "small.yaml: ok",
        "bad.yaml, line 3: layer 1, conv2d.kernel_size: is missing",
        "bad.yaml, line 3: layer 1, conv2d.kernel_siz: unknown key; did you mean "
        "kernel_size?",
        "bad.yaml, line 4: training.batch_size: must be greater than or equal to 1, "
        "not 0",
        "bad.yaml, line 4: training.lerning: unknown key; known are batch_size, "
        "checkpoint_every, clip_grad_norm, compile, deterministic, device, drop_last, "
        "early_stopping_patience, ema_decay, epochs, evaluate_every, "
        "evaluate_flipped, gradient_accumulation, health, history, iterations, loss, "
        "memory_format, on_non_finite, optimizer, precision, profile, schedule, seed, "
        "shards, threads",
        "no.yaml: cannot be read: No such file or directory",
    ]
    assert invoke("check", small).exit_code == 0


@pytest.mark.parametrize("command", ["show", "check", "train"])
def test_nothing_in_a_file_or_its_name_reaches_the_terminal_as_it_is(
    command: str,
) -> None:
    evil = '"\\e[2J\\x07\\u202e"'
    name = "\x1b]0;x\x07.yaml"
    Path(name).write_text(f"title: {evil}\n{evil}: {evil}\ntraining: {evil}\n")
    result = invoke(command, name)
    assert result.exit_code == 2
    assert not set(result.output) & set("\x1b\x07\u202e")


def test_a_title_is_shown_escaped() -> None:
    path = preset(Path(), SMALL.replace("Small", '"\\e[2J"'), "evil\x1b")
    Path("presets").mkdir()
    path.rename(Path("presets") / path.name)
    for command in (["show", f"presets/{path.name}"], ["presets"]):
        result = invoke(*command)
        assert result.exit_code == 0
        assert "\x1b" not in result.output
        assert r"\x1b[2J" in result.output


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=8,
)
FILES: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=100),
    st.text("amodel:layers-[]{}!&*|>'\"#%@ \n\t", max_size=80).map(str.encode),
    st.fixed_dictionaries(
        {"model": st.fixed_dictionaries({"layers": VALUES}) | VALUES},
        optional={"title": VALUES, "dataset": VALUES, "training": VALUES},
    ).map(lambda value: yaml.safe_dump(value).encode()),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(FILES)
def test_random_files_are_never_a_traceback(content: bytes) -> None:
    Path("random.yaml").write_bytes(content)
    result = invoke("check", "random.yaml")  # raises what is not handled
    assert result.exit_code == 2
    assert all(line.startswith("random.yaml") for line in result.stdout.splitlines())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=30), st.text(max_size=10))
def test_random_settings_are_never_a_traceback(key: str, value: str) -> None:
    result = invoke("train", "no-such-preset", "--set", f"{key}={value}")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_is_named_escaped_where_there_is_no_terminal() -> None:
    sentence = refusal("attach", "--runs-dir", "my\x1b[2J runs")
    folder = Path("my\\x1b[2J runs").absolute()
    assert f"`cnn-tui runs --runs-dir '{folder}'`" in sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--devices=cpu:2", "--set=shards=6"], "2 processes cannot share 6"),
        (["--devices=cpu:2", "--device=cpu"], "give either --device or --devices"),
        (["--devices=gpu:2"], "must be a number of GPUs"),
    ],
)
def test_devices_that_cannot_share_a_run(
    options: list[str], sentence: str, small: Path
) -> None:
    assert sentence in refusal("train", small, "--background", *options)


@pytest.mark.parametrize("option", ["--background", "--devices=cpu:2"])
def test_a_process_of_several_starts_no_others(
    option: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "start processes or runs themselves" in refusal("train", small, option)
