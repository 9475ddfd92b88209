"""What the list of runs and other runs make of a trial."""

from pathlib import Path

import pytest

from cnn_tui.config import parse_mapping
from cnn_tui.errors import ConfigError
from cnn_tui.presets.files import PresetFile
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.arrange import GROUPINGS, group_runs
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.config_values import all_but_seed, read_config_values
from cnn_tui.runs.known import Known
from cnn_tui.runs.layout import CONFIG
from tests.config.mappings import mapping
from tests.sweeps.studies import make_trial


def test_runs_are_grouped_by_sweep_with_mean_and_deviation(tmp_path: Path) -> None:
    for trial, best in enumerate([0.9, 0.8]):
        make_trial(tmp_path, trial, best)
    make_trial(tmp_path, 0, 0.5, study="other")
    runs, known = list_runs(tmp_path), Known(tmp_path)
    known.refresh(runs, {"config"})
    found = {it.title: it for it in group_runs(runs, GROUPINGS["sweep"], known)}
    assert set(found) == {"sweep wide", "sweep other"}
    assert found["sweep wide"].mean_accuracy == pytest.approx(0.85)
    assert found["sweep wide"].deviation == pytest.approx(0.1 / 2**0.5)


def test_trials_with_equal_values_are_seeds_of_each_other(tmp_path: Path) -> None:
    one, two = (make_trial(tmp_path, trial, 0.9) for trial in (0, 1))
    assert all_but_seed(read_config_values(one)) == all_but_seed(
        read_config_values(two)
    )


def test_the_config_of_a_trial_is_a_preset_like_any_other(tmp_path: Path) -> None:
    run = make_trial(tmp_path, 3, 0.9)
    preset = read_preset(PresetFile(path=run / CONFIG, builtin=False))
    assert preset.config.study is None
    assert "study" not in preset.mapping


@pytest.mark.parametrize("name", ["../etc", "Wide", "", "a" * 33, "-a"])
def test_a_study_has_a_name_that_is_no_path(name: str) -> None:
    with pytest.raises(ConfigError, match="study"):
        parse_mapping(mapping(study={"name": name, "trial": 0}))
