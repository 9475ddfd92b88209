"""From mappings and YAML to a RunConfig that is known to work together."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from cnn_tui.config.dataset import DatasetConfig, source_settings
from cnn_tui.config.models import FORMAT, Cosine, RunConfig, TrainingConfig
from cnn_tui.config.problems import InvalidConfigError, Problem, problems_of, shown
from cnn_tui.config.settings import Setting, apply_settings
from cnn_tui.config.shards import shards_problems
from cnn_tui.datasets.corrections import check_corrections, read_corrections
from cnn_tui.errors import DataError, ModelError
from cnn_tui.io.safe_yaml import Document, dump
from cnn_tui.layers import ModelTable, trace
from cnn_tui.text import printable


def parse_mapping(value: dict[str, Any], source: str = "config") -> RunConfig:
    """Validates a mapping, as it stands in a preset.

    Raises:
        InvalidConfigError: with every problem found.
    """
    if (found := value.get("format", FORMAT)) != FORMAT:
        raise InvalidConfigError([(source, _unknown_format(found))])
    try:
        config = RunConfig.model_validate(value)
    except ValidationError as error:
        found = problems_of(error, RunConfig)
    else:
        found = list(_problems_together(config))
        if not found:
            return config
    raise InvalidConfigError([(source, problem) for problem in found])


def parse_dataset(text: str, settings: Iterable[Setting] = ()) -> DatasetConfig:
    """Returns the images that a name or a path means, with other values of theirs.

    Raises:
        ConfigError: if it means none, or a value is not one of a data set.
    """
    mapping = apply_settings({}, [*source_settings(text), *settings])
    any_model = {"layers": ["flatten", {"linear": {"out_features": "classes"}}]}
    value = {**mapping, "model": any_model, "training": {"batch_size": 1}}
    return parse_mapping(value, printable(text)).dataset


def parse_document(document: Document, source: str) -> RunConfig:
    """Validates a YAML document; problems name their line and are in its order.

    Raises:
        InvalidConfigError: with every problem found.
    """
    try:
        return parse_mapping(document.value, source)
    except InvalidConfigError as error:
        found = [(document.line(problem.path), problem) for problem in error.problems]
        found.sort(key=lambda pair: pair[0])
        raise InvalidConfigError(
            [(f"{source}, line {line}", problem) for line, problem in found]
        ) from error


def layer_table(config: RunConfig) -> ModelTable:
    """Returns the shapes, parameters and costs of each layer."""
    facts = config.dataset.facts
    return trace(config.model.layers, facts.input_shape, facts.classes)


def to_mapping(config: RunConfig) -> dict[str, Any]:
    """Returns the config as plain values, in the order of the file format."""
    mapping = config.model_dump(mode="json")
    absent = "iterations" if config.training.iterations is None else "epochs"
    del mapping["training"][absent]
    for key in _NOT_OF[_source(config)]:
        del mapping["dataset"][key]
    if config.dataset.corrections is None:
        del mapping["dataset"]["corrections"], mapping["dataset"]["corrected"]
    for key in ("lineage", "study"):
        if mapping[key] is None:
            del mapping[key]
    return mapping


def _source(config: RunConfig) -> str:
    dataset = config.dataset
    return "name" if dataset.name else "folder" if dataset.folder else "npz"


_OF_PICTURES = ("image_size", "mode", "resize")
_OF_ONES_OWN = ("test_fraction", "validation_fraction", "split_seed", "found")
_NOT_OF = {
    "name": ("folder", "npz", *_OF_PICTURES, *_OF_ONES_OWN),
    "folder": ("name", "npz"),
    "npz": ("name", "folder", *_OF_PICTURES),
}
"""Keys that say nothing about images from there."""


def to_yaml(config: RunConfig) -> str:
    """Returns the text of ``config.yaml``, every value spelt out."""
    return dump(to_mapping(config))


def _unknown_format(found: object) -> Problem:
    """Names the format alone: what else seems wrong may be right in it."""
    return Problem(
        path=("format",),
        message=f"{shown(found)} is unknown, this version of cnn-tui reads format "
        f"{FORMAT}: use a newer cnn-tui",
    )


def _problems_together(config: RunConfig) -> Iterator[Problem]:
    """Finds values that are fine alone and not together."""
    try:
        if (wrong := _corrections_problem(config.dataset)) is not None:
            yield wrong
            return
        yield from _dataset_problems(config)
        yield from _augmentation_problems(config)
    except DataError as error:
        yield Problem(path=("dataset", _source(config)), message=str(error))
        return
    yield from _accumulation_problems(config)
    yield from shards_problems(config)
    yield from _compile_problems(config)
    yield from _loss_problems(config)
    yield from _schedule_problems(config)
    try:
        table = layer_table(config)
    except ModelError as error:
        yield Problem(path=("model", "layers"), message=str(error))
    else:
        yield from _batch_norm_problems(config, table)


def _corrections_problem(dataset: DatasetConfig) -> Problem | None:
    """Reads the corrections of a run that is to begin; one that has begun knows them.

    Raises:
        DataError: if the images themselves cannot be read.
    """
    path, facts = dataset.corrections, dataset.facts
    if path is None or dataset.corrected is not None:
        return None
    try:
        found, source = read_corrections(path), printable(path)
        check_corrections(found, dataset.identity, facts.class_names, source)
    except DataError as error:
        return Problem(path=("dataset", "corrections"), message=str(error))
    return None


def _dataset_problems(config: RunConfig) -> Iterator[Problem]:
    dataset, images = config.dataset, config.dataset.images_trained_on
    available = dataset.images_to_train_on
    if dataset.validation_images >= available:
        yield Problem(
            path=("dataset", "validation_images"),
            message=f"must be below the {available:,} images that {dataset.title} has",
        )
    elif (dataset.train_images or 0) > available - dataset.validation_images:
        yield Problem(
            path=("dataset", "train_images"),
            message=f"must be at most {available - dataset.validation_images:,}, "
            f"what {dataset.title} has after the validation images",
        )
    elif config.training.batch_size > images:
        yield Problem(
            path=("training", "batch_size"),
            message=f"must be at most the {images:,} images trained on, "
            f"not {config.training.batch_size:,}",
        )


def _augmentation_problems(config: RunConfig) -> Iterator[Problem]:
    _, height, width = config.dataset.facts.input_shape
    augmentation = config.dataset.augmentation
    for key in ("crop_padding", "cutout"):
        value = getattr(augmentation, key)
        if value > min(height, width):
            yield Problem(
                path=("dataset", "augmentation", key),
                message=f"must be at most {min(height, width)}, the side of an image, "
                f"not {value}",
            )


def _accumulation_problems(config: RunConfig) -> Iterator[Problem]:
    training = config.training
    if training.gradient_accumulation > training.batch_size:
        yield Problem(
            path=("training", "gradient_accumulation"),
            message=f"must be at most the batch_size of {training.batch_size:,}, "
            f"not {training.gradient_accumulation:,}",
        )


def _compile_problems(config: RunConfig) -> Iterator[Problem]:
    """A CUDA graph leaves each slice's gradients in the place of the last ones."""
    training = config.training
    if training.compile != "reduce-overhead":
        return
    for key in ("gradient_accumulation", "shards"):
        if (getattr(training, key) or 1) > 1:
            yield Problem(
                path=("training", "compile"),
                message=f"must be off or default where {key} is above 1",
            )


def _loss_problems(config: RunConfig) -> Iterator[Problem]:
    weights = getattr(config.training.loss, "class_weights", None)
    classes = config.dataset.facts.classes
    if isinstance(weights, tuple) and len(weights) != classes:
        yield Problem(
            path=("training", "loss", "class_weights"),
            message=f"must be {classes} numbers, one for each class of "
            f"{printable(config.dataset.title)}, not {len(weights)}",
        )


def _schedule_problems(config: RunConfig) -> Iterator[Problem]:
    schedule = config.training.schedule
    if (
        isinstance(schedule, Cosine)
        and schedule.warmup_iterations >= config.total_steps
    ):
        yield Problem(
            path=("training", "schedule", "warmup_iterations"),
            message=f"must be below the {config.total_steps:,} iterations of the run, "
            f"not {schedule.warmup_iterations:,}",
        )


def _batch_norm_problems(config: RunConfig, table: ModelTable) -> Iterator[Problem]:
    """Batch normalization needs more than one value per channel in every batch."""
    training = config.training
    last = config.dataset.images_trained_on % training.batch_size
    batches = [training.batch_size, 0 if training.drop_last else last]
    if all(_smallest_slice(n, training) > 1 for n in batches if n):
        return
    what = "batch" if training.slice_size == training.batch_size else "slice"
    for row in table.rows:
        if row.type == "batch_norm2d" and row.output_shape[1:] == (1, 1):
            yield Problem(
                path=("training", "batch_size"),
                message=f"leaves a {what} of one image, in which layer {row.number}, "
                "batch_norm2d, sees one value per channel: choose another",
            )


def _smallest_slice(batch_size: int, training: TrainingConfig) -> int:
    """Returns the images in the smallest part of a batch that is cut evenly."""
    return batch_size // (training.shards or -(-batch_size // training.slice_size))
