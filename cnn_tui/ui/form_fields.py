"""The fields of the form: which there are, in which groups, and how each looks."""

from dataclasses import dataclass

SOURCE = "dataset.name"
"""The name of a data set, or a path to images of one's own."""
VARIANT_KEYS = ("training.optimizer", "training.schedule", "training.loss")
"""Parts whose fields depend on the ``name`` that is chosen."""


def _keys(part: str, leaves: str) -> tuple[str, ...]:
    return tuple(f"{part}.{leaf}" for leaf in leaves.split())


COLUMNS: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        "Training": _keys(
            "training",
            "iterations epochs batch_size evaluate_every checkpoint_every seed "
            "early_stopping_patience",
        ),
        "Optimizer": (
            *_keys(
                "training.optimizer",
                "name lr momentum nesterov betas alpha eps weight_decay "
                "decay_norms_and_biases",
            ),
            "training.clip_grad_norm",
            "training.ema_decay",
        ),
        "Schedule": _keys(
            "training.schedule", "name step_size gamma final_lr warmup_iterations"
        ),
    },
    {
        "Loss": (
            *_keys("training.loss", "name label_smoothing class_weights"),
            "training.on_non_finite",
        ),
        "Data": _keys(
            "dataset",
            "name image_size mode resize test_fraction validation_fraction normalize "
            "train_images validation_images",
        ),
        "Augmentation": _keys(
            "dataset.augmentation",
            "crop_padding horizontal_flip rotate scale brightness contrast cutout "
            "mixup",
        ),
        "Machine": _keys(
            "training", "device threads precision memory_format deterministic"
        ),
        "More": (
            *_keys(
                "training",
                "gradient_accumulation shards drop_last evaluate_flipped compile "
                "history health profile",
            ),
            "dataset.corrections",
        ),
    },
)
"""Keys by group, for the left and the right half of a wide form."""

KEYS = tuple(key for column in COLUMNS for keys in column.values() for key in keys)

WORDS_FOR_NONE = {
    "training.threads": "auto",
    "training.memory_format": "auto",
    "training.deterministic": "auto",
    "training.clip_grad_norm": "off",
    "training.ema_decay": "off",
    "training.loss.class_weights": "off",
    "training.early_stopping_patience": "off",
    "training.shards": "off",
    "dataset.train_images": "all",
    "dataset.corrections": "off",
}
"""How null is written, where it is allowed."""

HINTS = {
    "training.gradient_accumulation": "slices of a batch",
    "training.shards": "for processes",
    "training.evaluate_every": "updates",
    "training.checkpoint_every": "30s, or updates",
    "training.clip_grad_norm": "off, or a number",
    "training.ema_decay": "off, or as 0.999",
    "training.loss.class_weights": "balanced, a list",
    "training.early_stopping_patience": "evaluations",
    "training.compile": "torch.compile",
    "training.history": "checkpoints kept",
    "training.threads": "auto, or a number",
    "training.schedule.step_size": "updates",
    "training.schedule.warmup_iterations": "updates",
    SOURCE: "name, folder, .npz",
    "dataset.corrections": "off, or a file",
    "dataset.image_size": "pixels a side",
    "dataset.test_fraction": "if not set apart",
    "dataset.validation_fraction": "if not set apart",
    "dataset.train_images": "all, or a number",
    "dataset.validation_images": "images held out",
    "dataset.augmentation.crop_padding": "pixels shifted",
    "dataset.augmentation.rotate": "± degrees",
    "dataset.augmentation.scale": "± fraction",
    "dataset.augmentation.brightness": "± fraction",
    "dataset.augmentation.contrast": "± fraction",
    "dataset.augmentation.cutout": "pixels a side",
    "dataset.augmentation.mixup": "alpha; 0 is off",
}
"""What stands beside a field that is as in the preset."""

NOTES = {
    "training.on_non_finite": "default: pause here, stop on the command line",
}
"""What stands below a field, whatever the preset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """What a field shows."""

    text: str
    placeholder: str = ""
    """The value that an empty field stands for."""
    hint: str = ""
    error: str = ""
    changed: bool = False
    """Whether the value is another than the preset's."""


_SHORT_LABELS = {
    "training.schedule.warmup_iterations": "warmup",
    "dataset.validation_images": "validation",
    "dataset.validation_fraction": "valid. fraction",
    "training.early_stopping_patience": "patience",
    "training.gradient_accumulation": "accumulation",
    "training.optimizer.decay_norms_and_biases": "on norms, biases",
    SOURCE: "data set",
}


def label(key: str) -> str:
    """Returns the name of a field for people: ``batch size``, ``optimizer``."""
    leaf = key.removesuffix(".name").rpartition(".")[2]
    return _SHORT_LABELS.get(key, leaf.replace("_", " "))


OF_SOURCES = {
    "dataset.image_size": ("folder",),
    "dataset.mode": ("folder",),
    "dataset.resize": ("folder",),
    "dataset.test_fraction": ("folder", "npz"),
    "dataset.validation_fraction": ("folder", "npz"),
}
"""Fields that only images of some kinds have."""
