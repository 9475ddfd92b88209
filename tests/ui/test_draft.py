"""Texts of the form become settings, and problems find their field."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.config import known_keys
from cnn_tui.presets.files import PresetFile, find_preset, list_presets
from cnn_tui.presets.read import Preset, read_preset
from cnn_tui.ui.draft import Draft, restore_draft
from cnn_tui.ui.field_values import choices
from cnn_tui.ui.form_fields import HINTS, KEYS, WORDS_FOR_NONE, label

MODEL_C = read_preset(find_preset("model-c"))


def preset(tmp_path: Path, training: str) -> Preset:
    path = tmp_path / "mine.yaml"
    model = "model: {layers: [flatten, {linear: {out_features: classes}}]}"
    path.write_text(f"{model}\ntraining: {training}")
    return read_preset(PresetFile(path=path, builtin=False))


def edited(draft: Draft, **texts: str) -> Draft:
    """Returns the draft with texts in the fields whose keys end so."""
    for name, text in texts.items():
        leaf = name.replace("__", ".")
        key = next(key for key in KEYS if key.endswith(f".{leaf}"))
        draft = draft.edited(key, text)
    return draft


def errors(draft: Draft) -> dict[str, str]:
    fields = draft.view().fields
    return {label(key): field.error for key, field in fields.items() if field.error}


def test_every_value_that_can_be_set_has_a_field() -> None:
    others = {"title", "description", "dataset.split_seed"}
    others |= {"dataset.folder", "dataset.npz"}  # typed where the name is
    assert set(KEYS) == set(known_keys()) - others
    assert set(HINTS) | set(WORDS_FOR_NONE) <= set(KEYS)
    assert len(KEYS) == len(set(KEYS))


@pytest.mark.parametrize("file", list_presets(), ids=lambda file: file.name)
def test_a_preset_without_edits_is_started_as_it_is(file: PresetFile) -> None:
    chosen = read_preset(file)
    pausing = chosen.with_settings([("training.on_non_finite", "pause")])
    assert Draft(preset=chosen).config() == pausing


def test_corrections_are_a_file_or_what_is_wrong_with_it(tmp_path: Path) -> None:
    draft = Draft(preset=MODEL_C)
    assert draft.view().fields["dataset.corrections"].placeholder == "off"
    missing = edited(draft, corrections=str(tmp_path / "missing.yaml"))
    assert "missing.yaml" in errors(missing)["corrections"]
    path = tmp_path / "mnist.corrections.yaml"
    path.write_text("{format: 1, dataset: mnist, pictures: []}")
    chosen = edited(draft, corrections=str(path))
    assert errors(chosen) == {}
    assert chosen.config().dataset.corrections == str(path)
    assert edited(chosen, corrections="off").config().dataset.corrections is None


def test_a_preset_that_says_what_to_do_about_nan_is_heard(tmp_path: Path) -> None:
    draft = Draft(preset=preset(tmp_path, "{on_non_finite: ignore}"))
    assert draft.config().training.on_non_finite == "ignore"


def test_what_the_fields_show_means_the_same_as_leaving_them_alone() -> None:
    draft = Draft(preset=MODEL_C)
    for key, field in draft.view().fields.items():
        typed = Draft(preset=MODEL_C, edits={key: field.text})
        assert typed.config() == draft.config(), key


def test_typing_the_preset_s_own_value_is_no_change() -> None:
    changed = edited(Draft(preset=MODEL_C), lr="0.5", optimizer__name="adam")
    assert changed.used_edits
    assert edited(changed, lr="0.05", optimizer__name="sgd").edits == {}


def test_an_emptied_field_stands_for_the_preset_s_value() -> None:
    draft = edited(Draft(preset=MODEL_C), lr="")
    field = draft.view().fields["training.optimizer.lr"]
    assert (field.text, field.placeholder, field.changed) == ("", "0.05", False)
    assert draft.config() == Draft(preset=MODEL_C).config()


def test_words_stand_for_null(tmp_path: Path) -> None:
    values = "{threads: 3, clip_grad_norm: 1.5, shards: 2}"
    draft = Draft(preset=preset(tmp_path, values))
    assert draft.view().fields["training.threads"].text == "3"
    off = edited(draft, threads="auto", clip_grad_norm="off", shards="off")
    training = off.config().training
    assert (training.threads, training.clip_grad_norm) == (None, None)
    assert training.shards is None
    assert edited(draft, shards="8").config().training.shards == 8


def test_a_required_value_is_asked_for() -> None:
    stepwise = edited(Draft(preset=MODEL_C), schedule__name="step")
    assert errors(stepwise) == {"step size": "is missing"}
    schedule = edited(stepwise, step_size="100").config().training.schedule
    assert schedule.model_dump()["step_size"] == 100


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"lr": "0"}, {"lr": "greater than 0"}),
        ({"lr": "[[["}, {"lr": "must be a number"}),
        ({"lr": "[" * 60}, {"lr": "must be a number"}),
        ({"lr": "*anchor"}, {"lr": "must be a number"}),
        ({"nesterov": "true"}, {"optimizer": "momentum above 0"}),
        ({"batch_size": "60001"}, {"batch size": "at most"}),
        ({"checkpoint_every": "soon"}, {"checkpoint every": "30s"}),
        (
            {"schedule__name": "cosine", "warmup_iterations": "3000"},
            {"warmup": "below"},
        ),
        ({"epochs": "0"}, {"epochs": "greater than 0"}),
        ({"device": "cuda:x"}, {"device": "cuda:N"}),
        (
            {"optimizer__name": "adam", "betas": "[1, 0.9]"},
            {"betas": "less than 1"},
        ),
    ],
)
def test_problems_stand_at_their_fields(
    texts: dict[str, str], expected: dict[str, str]
) -> None:
    view = edited(Draft(preset=MODEL_C), **texts).view()
    found = {label(k): f.error for k, f in view.fields.items() if f.error}
    assert found.keys() == expected.keys()
    assert all(part in found[name] for name, part in expected.items())
    assert view.config is None and view.problems == ()
    assert view.outline == Draft(preset=MODEL_C).view().outline


def test_restored_edits_are_those_that_still_mean_something() -> None:
    edits = {
        "training.optimizer.name": "adam",
        "training.optimizer.betas": "[0.5, 0.9]",
        "training.loss.name": "hinge",
        "training.batch_size": "100",
        "training.gone": "1",
    }
    kept = dict(list(edits.items())[:2])
    assert restore_draft(MODEL_C, edits).edits == kept


def test_the_hidden_fields_of_another_optimizer_count_for_nothing() -> None:
    draft = edited(Draft(preset=MODEL_C), momentum="9", optimizer__name="adam")
    assert "momentum" not in draft.mapping()["training"]["optimizer"]
    assert draft.view().config is not None


@given(key=st.sampled_from(KEYS), text=st.text(max_size=12))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_value_or_a_problem(key: str, text: str) -> None:
    if choices(key):
        text = choices(key)[len(text) % len(choices(key))]
    draft = Draft(preset=MODEL_C).edited(key, text)
    view = draft.view()
    described = [field.error for field in view.fields.values() if field.error]
    assert (view.config is None) == bool(
        [*described, *view.problems, *draft.to_look_at]
    )


def test_a_saved_draft_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    draft = edited(Draft(preset=MODEL_C), lr="0.5", epochs="2")
    path = draft.save("mine", overwrite=False)
    saved = read_preset(PresetFile(path=path, builtin=False))
    values: dict[str, Any] = saved.mapping["training"]
    assert saved.config == draft.config()
    assert "iterations" not in values and values["epochs"] == 2


def test_class_weights_are_a_word_or_a_list() -> None:
    def typed(text: str) -> Any:
        return edited(Draft(preset=MODEL_C), class_weights=text)

    def weights(text: str) -> Any:
        return getattr(typed(text).config().training.loss, "class_weights", "absent")

    assert weights("off") is None
    assert weights("balanced") == "balanced"
    assert weights("[1, 2, 1, 1, 1, 1, 1, 1, 1, 0.5]") == (1, 2, *[1] * 7, 0.5)
    assert errors(typed("[1, 2]"))["class weights"].startswith("must be 10 numbers")
    assert errors(typed("even"))["class weights"].startswith("must be balanced, or a")


def test_a_whole_net_is_one_edit_of_a_draft() -> None:
    draft = Draft(preset=MODEL_C)
    net = ["flatten", {"linear": {"out_features": "classes"}}]
    reshaped = draft.with_layers(net)
    assert reshaped.mapping()["model"]["layers"] == net
    assert reshaped.config().title == "Model C: max pooling, valid padding (edited)"
    assert reshaped.config().description.startswith("Edited from model-c, of which")
    assert reshaped.with_layers(net) is reshaped
    assert reshaped.undone().config() == draft.config()
    assert reshaped.undone().redone().layers == net
    assert restore_draft(MODEL_C, reshaped.remembered).layers == net
    back = reshaped.edited("training.seed", "3").reset()
    assert (back.is_reshaped, back.edits, back.undone().layers) == (False, {}, net)


@pytest.mark.parametrize(
    "text", ["", "[", "3", "[3]", "[" * 9999, '[{"a": 1, "b": 2}]']
)
def test_a_net_that_was_not_remembered_well_is_forgotten(text: str) -> None:
    assert not restore_draft(MODEL_C, {"model.layers": text}).is_reshaped


def test_an_impossible_net_is_judged_by_the_images_of_the_form() -> None:
    draft = Draft(preset=MODEL_C).edited("dataset.name", "cifar10")
    view = draft.with_layers(["relu"]).view()
    assert view.config is None and view.problems == ()
    assert view.outline.table.input_shape == (3, 32, 32)
    assert view.remedy and view.remedy.words == "end with flatten and linear"
