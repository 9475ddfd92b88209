"""RunConfig: what a run is asked to do.  The keys are PyTorch's own names."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    field_serializer,
    model_validator,
)

from cnn_tui.config.dataset import DatasetConfig
from cnn_tui.config.lineage import Lineage
from cnn_tui.config.study import Study
from cnn_tui.config.values import (
    MAX_STEPS,
    ClassWeights,
    Count,
    Fraction,
    NonNegative,
    Part,
    Positive,
    as_tuple,
)
from cnn_tui.layers import Layer, Layers, to_yaml_form

FORMAT = 1
DEFAULT_ITERATIONS = 3000


def _named(default: str) -> BeforeValidator:
    """Lets ``loss: mse`` stand for ``loss: {name: mse}``, and a name be left out."""

    def complete(value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        return {"name": default, **value} if isinstance(value, dict) else value

    return BeforeValidator(complete)


def _check_device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", text):
        raise ValueError("must be auto, cpu, mps, cuda or cuda:N")
    return text


def _check_interval(value: int | str) -> int | str:
    if isinstance(value, int):
        if not 1 <= value <= MAX_STEPS:
            raise ValueError("must be at least 1 update")
    elif not re.fullmatch(r"\d{1,7}(\.\d+)?s", value) or float(value[:-1]) <= 0:
        raise ValueError("must be seconds, such as 30s, or a number of updates")
    return value


def _whole_if_it_is(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _off_if_false(value: Any) -> Any:
    return "off" if value is False else value  # which "off" is in YAML


Interval = Annotated[int | str, AfterValidator(_check_interval)]
Epochs = Annotated[float, Field(gt=0, le=10**6), PlainSerializer(_whole_if_it_is)]
Device = Annotated[str, AfterValidator(_check_device)]


Compile = Annotated[
    Literal["off", "default", "reduce-overhead"], BeforeValidator(_off_if_false)
]


class ModelConfig(Part):
    """The layers, first to last."""

    layers: Layers

    @field_serializer("layers")
    def _to_yaml_form(self, layers: Sequence[Layer]) -> list[Any]:
        return [to_yaml_form(layer) for layer in layers]


class CrossEntropy(Part):
    """torch.nn.CrossEntropyLoss."""

    name: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: Annotated[float, Field(ge=0, le=1)] = 0.0
    class_weights: ClassWeights = None
    """torch's ``weight``, for training alone: what an image of each class counts.

    ``balanced`` is images / (classes · images of the class), as in scikit-learn.
    """


class MeanSquaredError(Part):
    """torch.nn.MSELoss on one-hot targets."""

    name: Literal["mse"]


class BinaryCrossEntropy(Part):
    """torch.nn.BCEWithLogitsLoss on one-hot targets."""

    name: Literal["bce"]


class Sgd(Part):
    """torch.optim.SGD.

    ``decay_norms_and_biases``, as for every optimizer: whether ``weight_decay`` is of
    all parameters, or of the weights of convolutions and linear layers alone.
    """

    name: Literal["sgd"] = "sgd"
    lr: Positive = 0.01
    momentum: Fraction = 0.0
    nesterov: bool = False
    weight_decay: NonNegative = 0.0
    decay_norms_and_biases: bool = True

    @model_validator(mode="after")
    def _nesterov_needs_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0")
        return self


class _AdamBase(Part):
    lr: Positive = 0.001
    betas: Annotated[tuple[Fraction, Fraction], BeforeValidator(as_tuple)] = (
        0.9,
        0.999,
    )
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.0
    decay_norms_and_biases: bool = True


class Adam(_AdamBase):
    """torch.optim.Adam."""

    name: Literal["adam"]


class AdamW(_AdamBase):
    """torch.optim.AdamW."""

    name: Literal["adamw"]
    weight_decay: NonNegative = 0.01


class RmsProp(Part):
    """torch.optim.RMSprop."""

    name: Literal["rmsprop"]
    lr: Positive = 0.01
    alpha: Fraction = 0.99
    eps: Positive = 1e-8
    momentum: Fraction = 0.0
    weight_decay: NonNegative = 0.0
    decay_norms_and_biases: bool = True


class _Schedule(Part):
    has_end: ClassVar[bool] = False
    """Whether it leads to a last rate that nobody would train on with."""


class _Warmup(_Schedule):
    warmup_iterations: Annotated[int, Field(ge=0, le=MAX_STEPS)] = 0


class Constant(_Warmup):
    """The learning rate stays."""

    name: Literal["constant"] = "constant"


class Step(_Warmup):
    """The learning rate is multiplied by ``gamma`` every ``step_size`` updates."""

    name: Literal["step"]
    step_size: Count
    gamma: Annotated[float, Field(gt=0, le=1000)] = 0.1


class Cosine(_Warmup):
    """The learning rate falls to ``final_lr`` along half a cosine."""

    has_end = True
    name: Literal["cosine"]
    final_lr: NonNegative = 0.0


class OneCycle(_Schedule):
    """The learning rate rises for 30 % of the run, then falls almost to zero."""

    has_end = True
    name: Literal["one_cycle"]


Loss = Annotated[
    CrossEntropy | MeanSquaredError | BinaryCrossEntropy, Discriminator("name")
]
Optimizer = Annotated[Sgd | Adam | AdamW | RmsProp, Discriminator("name")]
Schedule = Annotated[Constant | Step | Cosine | OneCycle, Discriminator("name")]


class TrainingConfig(Part):
    """How to train."""

    iterations: Count | None = None
    """Optimizer updates in all."""
    epochs: Epochs | None = None
    """Passes over the training images, instead of ``iterations``: 0.5 is half a one."""
    batch_size: Annotated[int, Field(ge=1)] = 100
    gradient_accumulation: Count = 1
    """Slices of a batch that an update adds up the gradients of, one after another.

    It needs memory for one slice, and is the same update but for rounding, dropout's
    numbers, and batch normalization, which sees each slice by itself.
    """
    shards: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Parts of a batch whose gradients are summed in a fixed tree; null is none.

    So 1, 2 or more processes, which have equally many, give the same weights.
    """
    drop_last: bool = False
    """Leave out the last, smaller batch of each epoch."""
    loss: Annotated[Loss, _named("cross_entropy")] = CrossEntropy()
    optimizer: Annotated[Optimizer, _named("sgd")] = Sgd()
    schedule: Annotated[Schedule, _named("constant")] = Constant()
    evaluate_every: Count = 500
    """Updates between two evaluations."""
    evaluate_flipped: bool = False
    """Evaluate each image by the mean of its own scores and those of its mirror."""
    checkpoint_every: Interval = "30s"
    """Seconds ("30s") or updates between two checkpoints."""
    history: Annotated[int, Field(ge=0, le=1000)] = 32
    """Checkpoints of its past that a run keeps, evenly spaced; 0 keeps none."""
    health: bool = True
    """Whether the layers are looked at now and then: at most 1 % of the time."""
    profile: bool = True
    """Whether updates are taken apart now and then, to tell where the time goes."""
    early_stopping_patience: Count | None = None
    """Finish after so many evaluations without a better one; null never does."""
    clip_grad_norm: Positive | None = None
    ema_decay: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Evaluate and keep an exponential moving average of the weights; null is off."""
    on_non_finite: Literal["pause", "stop", "rollback", "ignore"] = "stop"
    """What to do when the loss or a gradient is NaN or infinite."""
    precision: Literal["float32", "tf32", "bfloat16"] = "float32"
    """tf32 and bfloat16: convolutions and matrix products only; the rest is float32."""
    memory_format: Literal["channels_last", "contiguous"] | None = None
    """Null is channels_last, on an Apple GPU contiguous."""
    deterministic: bool | None = None
    """Whether a GPU has to give the same bits each time; null is yes on CUDA."""
    compile: Compile = "off"
    """The mode of torch.compile for updates; reduce-overhead is with CUDA graphs."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """CPU threads of the training; null is PyTorch's own choice."""
    device: Device = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0

    @property
    def slice_size(self) -> int:
        """Images at most that a forward pass takes."""
        return -(-self.batch_size // (self.shards or self.gradient_accumulation))

    @model_validator(mode="before")
    @classmethod
    def _default_length(cls, value: Any) -> Any:
        if isinstance(value, dict) and not {"iterations", "epochs"} & value.keys():
            return {"iterations": DEFAULT_ITERATIONS, **value}
        return value

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.iterations is None) == (self.epochs is None):
            raise ValueError("give either iterations or epochs")
        return self


class RunConfig(Part):
    """One run, complete enough to be repeated."""

    format: Literal[1] = 1
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=4000)] = ""
    dataset: DatasetConfig = DatasetConfig()
    model: ModelConfig
    training: TrainingConfig = TrainingConfig(iterations=DEFAULT_ITERATIONS)
    lineage: Lineage | None = None
    study: Study | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass; the last, smaller batch counts, unless it is dropped."""
        training = self.training
        whole, rest = divmod(self.dataset.images_trained_on, training.batch_size)
        return whole + (rest > 0 and not training.drop_last)

    @property
    def total_steps(self) -> int:
        """Updates in all; a part of an epoch is rounded to whole ones."""
        training = self.training
        if training.epochs is not None:
            return max(1, round(training.epochs * self.steps_per_epoch))
        return training.iterations or DEFAULT_ITERATIONS
