"""A preset with what was typed into the form: texts in, a config or problems out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cnn_tui.config import (
    InvalidConfigError,
    Problem,
    RunConfig,
    Setting,
    apply_settings,
    parse_mapping,
    variants,
)
from cnn_tui.config.models import DEFAULT_ITERATIONS
from cnn_tui.datasets.facts import DatasetFacts
from cnn_tui.presets.read import Preset, save_preset
from cnn_tui.shaping.difference import changed_paths
from cnn_tui.shaping.edit import Items
from cnn_tui.shaping.history import History, recalled, remembered
from cnn_tui.shaping.outline import Outline, outline
from cnn_tui.shaping.remedies import Remedy, remedy
from cnn_tui.ui.data_source import Source, named_source
from cnn_tui.ui.field_values import choices, find_value, split, text_of, value_of
from cnn_tui.ui.field_words import (
    EPOCHS,
    ITERATIONS,
    LENGTHS,
    derived,
    edited_words,
    field_of,
    hint,
    sentence,
)
from cnn_tui.ui.form_fields import KEYS, OF_SOURCES, SOURCE, FieldView

LAYERS = "model.layers"
"""The key that edits of the layers are remembered by."""
_ANY_MODEL = {"layers": ["flatten", {"linear": {"out_features": "classes"}}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """What the form shows of a draft."""

    fields: Mapping[str, FieldView]
    """By key; the others do not apply."""
    problems: tuple[str, ...]
    """Those of no single field."""
    config: RunConfig | None
    """What would be started; None while there are problems."""
    outline: Outline
    """The layers, with the problem at its own if there is one."""
    remedy: Remedy | None
    """What would take the problem of the layers away."""
    changed: frozenset[tuple[int, ...]]
    """The paths of the layers that are not those of the preset."""
    classes: int
    """How many the net must end in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A preset and the texts that were typed over its values.

    An empty text is no edit: the preset's value counts, and is shown dimmed.
    """

    preset: Preset
    edits: Mapping[str, str] = field(default_factory=dict)
    looked_at: Source = field(default_factory=Source)
    """The last path to images that was looked at."""
    history: History = field(default_factory=History)
    """What was done to the layers."""

    @property
    def layers(self) -> Items:
        """The net as it is now: the items of ``model.layers``, perhaps impossible."""
        edited = self.history.present
        return self._own_layers if edited is None else edited

    @property
    def is_reshaped(self) -> bool:
        """Whether the layers are not those of the preset."""
        return self.layers != self._own_layers

    @property
    def remembered(self) -> dict[str, str]:
        """The edits that count, of the layers too, as texts."""
        layers = {LAYERS: remembered(self.layers)} if self.is_reshaped else {}
        return self.used_edits | layers

    def with_layers(self, items: Items) -> "Draft":
        """Returns the draft with a whole new net, as one edit that can be undone."""
        if items == self.layers:
            return self
        is_own = items == self._own_layers
        return replace(self, history=self.history.then(None if is_own else items))

    def undone(self) -> "Draft":
        """Returns the draft before the last edit of its layers."""
        return replace(self, history=self.history.undone())

    def redone(self) -> "Draft":
        """Returns the draft with the edit of its layers that was undone last."""
        return replace(self, history=self.history.redone())

    def reset(self) -> "Draft":
        """Returns the draft without edits; those of the layers can be undone."""
        return replace(self.with_layers(self._own_layers), edits={})

    @property
    def source(self) -> Source | None:
        """What the typed name or path means: None if nothing was, or no look taken."""
        text = self.edits.get(SOURCE, "").strip()
        return self.looked_at if text == self.looked_at.text else named_source(text)

    @property
    def to_look_at(self) -> str:
        """The path that was typed, unless it was looked at and is right."""
        is_right = self.source is not None and not self.source.error
        return "" if is_right else self.edits.get(SOURCE, "").strip()

    @property
    def used_edits(self) -> dict[str, str]:
        """The edits that count."""
        return {key: text for key, text in self.edits.items() if text.strip()}

    def edited(self, key: str, text: str) -> "Draft":
        """Returns the draft with another text in one field."""
        edits = {k: v for k, v in self.edits.items() if k != key}
        if key in LENGTHS and text:
            edits = {k: v for k, v in edits.items() if k not in LENGTHS}
        if text != self._own_texts().get(key):
            edits[key] = text
        return replace(self, edits=edits)

    def mapping(self) -> dict[str, Any]:
        """Returns the preset's mapping with the edits, unchecked."""
        edits = self.used_edits
        typed = [
            (key, value_of(key, edits[key]))
            for key in self._keys()
            if key in edits and key != SOURCE
        ]
        base = self._base()
        if self.is_reshaped:
            base["model"]["layers"] = self.layers
            base |= edited_words(base, self.preset.name)
        return apply_settings(base, [*self._source_settings(), *typed])

    def config(self) -> RunConfig:
        """Returns what would be started.

        Raises:
            InvalidConfigError: with every problem found.
        """
        return parse_mapping(self.mapping(), self.preset.name)

    def view(self) -> FormView:
        """Returns what the form shows."""
        config, problems = None, list[Problem]()
        try:
            config = self.config()
        except InvalidConfigError as error:
            problems = error.problems
        facts = self._facts(config)
        shown = outline(self.layers, facts.input_shape, facts.classes)
        if shown.fault:  # says it better than the problems of a config
            problems = [p for p in problems if p.path[:1] != ("model",)]
        errors = dict[str | None, list[Problem]]()
        if self.source and self.source.error:
            errors[SOURCE] = [Problem(path=(SOURCE,), message=self.source.error)]
        for problem in problems:
            errors.setdefault(field_of(problem, self._keys()), []).append(problem)
        return FormView(
            fields=dict(self._fields(errors, config)),
            problems=tuple(map(str, errors.get(None, ()))),
            config=None if errors or self.to_look_at else config,
            outline=shown,
            remedy=remedy(self.layers, shown, facts.classes),
            changed=changed_paths(self._own_layers, self.layers),
            classes=facts.classes,
        )

    def save(self, name: str, *, overwrite: bool) -> Path:
        """Saves the draft as a preset of the user's own; returns its path.

        Raises:
            ConfigError: if it is not valid, the name is taken, or there is no writing.
        """
        self.config()
        path, mapping = self.preset.file.path, self.mapping()
        return save_preset(name, mapping, overwrite=overwrite, like=path)

    def _facts(self, config: RunConfig | None) -> DatasetFacts:
        """Returns those of the data set, the preset's where the draft's is wrong."""
        try:
            mapping = {**self.mapping(), "model": _ANY_MODEL}
            return (config or parse_mapping(mapping)).dataset.facts
        except InvalidConfigError:
            return self.preset.config.dataset.facts

    @property
    def _own_layers(self) -> Items:
        layers: Items = self.preset.mapping["model"]["layers"]
        return layers

    def _names(self) -> dict[str, str]:
        """Returns the names of optimizer, schedule and loss by their keys."""
        names = _names_in(self.preset.config)
        return {part: self.edits.get(f"{part}.name") or names[part] for part in names}

    def _keys(self) -> list[str]:
        """Returns the fields that apply."""
        known = {part: variants(part)[name] for part, name in self._names().items()}
        return [
            key
            for key, part, leaf in ((key, *split(key)) for key in KEYS)
            if part not in known or leaf in known[part].model_fields
            if self._source_kind() in OF_SOURCES.get(key, (self._source_kind(),))
        ]

    def _source_settings(self) -> Sequence[Setting]:
        return self.source.settings if self.source else ()

    def _source_kind(self) -> str:
        """Returns whether images come by a name, from a folder or an npz file."""
        own = self.preset.config.dataset
        found = {"folder": own.folder, "npz": own.npz}
        found |= {split(key)[1]: value for key, value in self._source_settings()}
        return next((kind for kind in ("folder", "npz") if found[kind]), "name")

    def _base(self) -> dict[str, Any]:
        """Returns the preset's mapping without any edits but the names."""
        given = self.preset.mapping.get("training", {})
        names = [
            (f"{part}.name", name)
            for part, name in self._names().items()
            if split(part)[1] in given or f"{part}.name" in self.edits
        ]
        base = apply_settings({"training": {}, **self.preset.mapping}, names)
        # Unlike a batch job, a run that pauses here has somebody to look at it.
        base["training"].setdefault("on_non_finite", "pause")
        return base

    def _own_texts(self) -> dict[str, str]:
        """Returns the texts of the fields without any edits but the names."""
        base, names = self._base(), self._names()
        texts = {
            key: text_of(key, find_value(base, key, names)) for key in self._keys()
        }
        for part, name in _names_in(self.preset.config).items():
            texts[f"{part}.name"] = name
        dataset = self.preset.config.dataset
        texts[SOURCE] = str(dataset.name or dataset.folder or dataset.npz)
        if texts[EPOCHS] or texts[ITERATIONS]:
            return texts
        return texts | {ITERATIONS: str(DEFAULT_ITERATIONS)}

    def _fields(
        self,
        errors: Mapping[str | None, Sequence[Problem]],
        config: RunConfig | None,
    ) -> Iterator[tuple[str, FieldView]]:
        used, own = self.used_edits, self._own_texts()
        length = next((key for key in LENGTHS if key in used), None)
        for key, own_text in own.items():
            text = placeholder = own_text
            if key in LENGTHS and (not own_text or length not in (None, key)):
                text, placeholder = "", derived(key, config)
            yield (
                key,
                FieldView(
                    text=self.edits.get(key, text),
                    placeholder=placeholder,
                    hint=hint(key, config, own_text if key in used else ""),
                    error="; ".join(sentence(key, p) for p in errors.get(key, ())),
                    changed=key in used,
                ),
            )


def restore_draft(preset: Preset, edits: Mapping[str, str]) -> Draft:
    """Returns a draft with those of the edits that still mean something."""
    draft = Draft(preset=preset)
    layers = recalled(edits.get(LAYERS, ""))
    if layers is not None:
        draft = draft.with_layers(layers)
    for key, text in edits.items():
        if key in KEYS and (not (allowed := choices(key)) or text in allowed):
            draft = draft.edited(key, text)
    return draft


def _names_in(config: RunConfig) -> dict[str, str]:
    training = config.training
    return {
        "training.optimizer": training.optimizer.name,
        "training.schedule": training.schedule.name,
        "training.loss": training.loss.name,
    }
