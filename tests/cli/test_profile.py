"""``cnn-tui profile``: of a run what it measured, of a preset what is measured here."""

import json
from pathlib import Path

from cnn_tui.runs.layout import CONFIG, PROFILE
from cnn_tui.runs.profile import LayerSeconds, Profile, UpdateSeconds
from cnn_tui.runs.records import encode_line

from .commands import SMALL, invoke, preset, refusal

FOUND = Profile(
    since_step=0,
    step=1000,
    seconds=10.0,
    device="cpu",
    batch_size=50,
    samples=9,
    update=UpdateSeconds(forward=0.004, backward=0.005),
    layers=[LayerSeconds(name="layer 1, conv2d\x1b", forward=0.004, backward=0.005)],
)


def run_of(found: Profile | None, config: str = SMALL) -> Path:
    run = Path("runs") / "run"
    run.mkdir(parents=True, exist_ok=True)
    (run / CONFIG).write_text(config)
    if found:
        (run / PROFILE).write_bytes(encode_line(found))
    return run


def test_a_run_shows_what_it_has_measured() -> None:
    run_of(FOUND)
    result = invoke("profile", "run")
    assert result.exit_code == 0
    title, header, *rows, sentence = result.stdout.splitlines()
    assert title.startswith("run: 10 ms per update of 50 images, 5,000 images/s on cpu")
    assert header.split() == ["ms", "per", "update", "%"]
    assert [row.split()[-2:] for row in rows] == [
        *(["4.000", "40.0"], ["4.000", "40.0"]),
        *(["5.000", "50.0"], ["5.000", "50.0"]),
        ["1.000", "10.0"],
    ]
    assert len({len(line) for line in (header, *rows)}) == 1
    assert rows[1].startswith(r"  layer 1, conv2d\x1b ")
    assert sentence.startswith("→ 56 % of an update is the backward pass of layer 1")


def test_a_preset_is_measured_and_nothing_is_written(tmp_path: Path) -> None:
    small = preset(tmp_path, SMALL)
    before = sorted(tmp_path.rglob("*"))
    result = invoke(
        *("profile", small, "--updates", 3, "--device", "cpu", "--set=batch_size=20"),
        "--json",
    )
    found = json.loads(result.stdout)
    assert found["profile"]["samples"] == 3
    assert found["profile"]["step"] - found["profile"]["since_step"] == 3
    assert found["profile"]["batch_size"] == 20
    layers = [layer["name"] for layer in found["profile"]["layers"]]
    assert layers == ["layer 1, flatten", "layer 2, linear"]
    assert found["profile"]["counted"]["evaluation"] == 0
    assert found["images_per_second"] > 0
    assert found["verdict"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_loss_that_is_not_finite_is_said(tmp_path: Path) -> None:
    small = preset(tmp_path, SMALL)
    settings = "loss=mse", "lr=1e30", "iterations=20"
    result = invoke("profile", small, *(f"--set={value}" for value in settings))
    assert result.exit_code == 1
    assert "is not finite: lower the learning rate (training.optimizer.lr)" in (
        result.stderr
    )


def test_a_run_without_one_says_why() -> None:
    run = run_of(None)
    assert refusal("profile", run) == (
        "run has no profile: the first update is taken apart after 100 others"
    )
    run_of(None, SMALL.replace("threads: 1", "threads: 1, profile: false"))
    assert refusal("profile", run) == "run has no profile: training.profile is false"


def test_what_is_for_presets_is_refused_for_a_run() -> None:
    run_of(FOUND)
    assert refusal("profile", "run", "--updates", 5).startswith("run is a run, ")


def test_an_unknown_name_is_refused() -> None:
    assert "nothing" in refusal("profile", "nothing")
