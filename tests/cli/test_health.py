"""``cnn-tui health``: a table, and what is wrong."""

import json
from pathlib import Path

from cnn_tui.runs.health import HealthRow, LayerHealth
from cnn_tui.runs.layout import CONFIG, HEALTH
from cnn_tui.runs.records import encode_line

from .commands import SMALL, invoke, refusal


def run_of(*rows: HealthRow, config: str = SMALL) -> Path:
    run = Path("runs") / "run"
    run.mkdir(parents=True)
    (run / CONFIG).write_text(config)
    (run / HEALTH).write_bytes(b"".join(map(encode_line, rows)))
    return run


def sample(step: int, dead: int) -> HealthRow:
    conv = LayerHealth(
        name="layer 1, conv2d",
        activation_mean=-0.25,
        activation_std=1.5,
        zero_share=0.0,
        dead_channels=0,
        channels=16,
        gradient_norm=0.125,
        update_to_weight=0.001,
    )
    relu = LayerHealth(
        name="layer 2, relu\x1b",
        activation_mean=0.5,
        activation_std=1.25,
        zero_share=0.625,
        dead_channels=dead,
        channels=16,
    )
    return HealthRow(step=step, layers=[conv, relu])


def test_the_last_sample_is_a_table_and_verdicts_follow() -> None:
    result = invoke("health", run_of(sample(500, 2), sample(1000, 8)))
    assert result.exit_code == 0
    title, header, conv, relu, verdict = result.stdout.splitlines()
    assert title == "after update 1,000"
    assert header.split()[:6] == [
        *("layer", "mean", "deviation", "zeros", "dead", "gradient")
    ]
    assert conv.split()[2:] == [
        *("conv2d", "-0.250", "1.50", "0", "%", "0", "of", "16", "0.125", "0.00100")
    ]
    assert relu.split()[2:] == [
        *(r"relu\x1b", "0.500", "1.25", "62", "%", "8", "of", "16", "–", "–")
    ]
    assert len({len(line) for line in (header, conv, relu)}) == 1
    assert verdict == (
        r"✗ layer 2, relu\x1b: 50 % of its channels are dead since step 1,000: lower "
        "the learning rate, or use leaky_relu"
    )


def test_health_is_said_to_be_good() -> None:
    result = invoke("health", run_of(sample(500, 0)))
    assert result.stdout.splitlines()[-1] == "✓ nothing is wrong with any layer"


def test_a_script_gets_all_samples_and_verdicts() -> None:
    result = invoke("health", run_of(sample(500, 2), sample(1000, 8)), "--json")
    found = json.loads(result.stdout)
    assert [row["step"] for row in found["samples"]] == [500, 1000]
    assert found["samples"][0]["layers"][0]["channels"] == 16
    assert [it["kind"] for it in found["verdicts"]] == ["dead_channels"]


def test_a_run_without_a_sample_says_why() -> None:
    run = run_of()
    assert invoke("health", run).stdout == (
        "run has no sample of its layers: the first comes at an evaluation after 500 "
        "updates or more\n"
    )
    (run / CONFIG).write_text(SMALL.replace("threads: 1", "threads: 1, health: false"))
    assert "training.health is false" in invoke("health", run).stdout


def test_an_unknown_run_is_refused_by_name() -> None:
    assert "nothing" in refusal("health", "nothing")
