"""What may be asked about a network inside, and what is answered.

Layers are named by their numbers in the table of the model ("4", "7.2"; "0" is the
image), pictures by their part of the data set and their index there.
"""

from typing import Literal

import msgspec
import numpy as np

from cnn_tui.datasets.corrections import PictureId
from cnn_tui.datasets.form import Part

Moment = int | Literal["newest", "best"]
"""Whose weights: those after an update, or of the newest or the best checkpoint."""
Kind = Literal["sum", "max", "mean", "pointwise", "same"]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the data set, or one of one's own."""

    part: Part = "test"
    index: int = 0
    own: np.ndarray | None = None
    """uint8, C×H×W, as the network takes it; instead of the other two."""


class LayerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A layer, as in the table of the model."""

    number: str
    type: str
    summary: str
    formula: str | None
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    receptive_field: tuple[int, int]


class Rectangle(msgspec.Struct, frozen=True, kw_only=True):
    """Places of a picture or a map; in padding they are below 0 or beyond the size."""

    top: int
    left: int
    height: int
    width: int


class Question(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that may be asked."""


class Open(Question, frozen=True, kw_only=True):
    """What is there to look at?"""


class UseDevice(Question, frozen=True, kw_only=True):
    """Will you compute on another device from now on?"""

    device: str
    """auto, cpu, mps, cuda or cuda:N."""


class Look(Question, frozen=True, kw_only=True):
    """What does a layer make of a picture?"""

    moment: Moment
    picture: Picture
    layer: str


class Explain(Question, frozen=True, kw_only=True):
    """How does one value of a layer come about?"""

    moment: Moment
    picture: Picture
    layer: str
    channel: int
    y: int = 0
    x: int = 0


class FindDead(Question, frozen=True, kw_only=True):
    """Which channels are never active?"""

    moment: Moment


class FindPatches(Question, frozen=True, kw_only=True):
    """Which patches of the test set excite a channel most?"""

    moment: Moment
    layer: str
    channel: int


class Occlude(Question, frozen=True, kw_only=True):
    """Which places of a picture speak for a class?"""

    moment: Moment
    picture: Picture
    label: int


class Predict(Question, frozen=True, kw_only=True):
    """What does the network take the pictures of a part for?"""

    moment: Moment
    part: Part = "test"


class Fetch(Question, frozen=True, kw_only=True):
    """The pictures themselves."""

    part: Part
    indices: tuple[int, ...]


class ListLabels(Question, frozen=True, kw_only=True):
    """Which classes do the pictures of a part have?"""

    part: Part = "test"


class FindNeighbours(Question, frozen=True, kw_only=True):
    """Which training pictures are most like a picture, for the network?"""

    moment: Moment
    picture: Picture
    count: int = 8


class Identify(Question, frozen=True, kw_only=True):
    """Which pictures of the data set are these?"""

    part: Part
    indices: tuple[int, ...]


class Replay(Question, frozen=True, kw_only=True):
    """What did an update see? Afterwards its weights can be looked at, too."""

    step: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that may be answered."""


class Opened(Answer, frozen=True, kw_only=True):
    """What there is: the network, and the pictures."""

    title: str
    dataset: str | None
    """The name of the set; None for images of one's own."""
    class_names: tuple[str, ...]
    input_shape: tuple[int, ...]
    layers: tuple[LayerFacts, ...]
    pictures: dict[Part, int]
    """How many each part has."""


class DeviceUsed(Answer, frozen=True, kw_only=True):
    """Where answers are computed from now on."""

    label: str


class Seen(Answer, frozen=True, kw_only=True):
    """A layer's output for a picture, and its weights."""

    step: int
    image: np.ndarray
    """uint8, C×H×W."""
    label: int | None
    """Its class; None for a picture of one's own."""
    scores: np.ndarray
    """What the network puts out, a number for each class."""
    probabilities: np.ndarray
    """The softmax of these."""
    maps: np.ndarray
    """C×H×W, or flat: features."""
    filters: np.ndarray | None
    """Of a convolution: out×in×height×width, in: of a group; of linear: out×in."""
    bias: np.ndarray | None
    net_limit: float
    """The largest distance from zero of any layer's values for this picture."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a value: what a window holds of one input channel, times weights."""

    channel: int
    values: np.ndarray
    """H×W, padding included; or flat."""
    weights: np.ndarray | None
    """Of the same shape; None where nothing is weighed."""
    total: float


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a later layer makes of one value."""

    layer: str
    summary: str
    value: float


class Explanation(Answer, frozen=True, kw_only=True):
    """How one value comes about: total of terms + bias, or the largest, or the mean."""

    step: int
    kind: Kind
    value: float
    terms: tuple[Term, ...]
    bias: float | None
    formula: str
    """Filled in."""
    window: Rectangle | None
    """Of the layer's input; None where it is all of it."""
    dilation: tuple[int, int]
    winner: tuple[int, int] | None
    """Row and column in the window of the largest value, of max pooling."""
    padding: np.ndarray | None
    """Which places of the window are padding, H×W."""
    then: tuple[Step, ...]
    regions: dict[str, Rectangle]
    """What it is made from, of each layer before, and under "0" of the picture."""


class DeadChannels(Answer, frozen=True, kw_only=True):
    """Channels that were not above 0 at any place of any picture of a sample."""

    step: int
    pictures: int
    """How many the sample has: the first of the test set."""
    channels: dict[str, tuple[int, ...]]
    """By layer, of layers with channels; empty where all are active."""


class Patches(Answer, frozen=True, kw_only=True):
    """What excites a channel most: one place of each of these pictures."""

    step: int
    pictures: int
    """How many were looked at."""
    indices: tuple[int, ...]
    labels: tuple[int, ...]
    values: tuple[float, ...]
    regions: tuple[Rectangle, ...]
    """Of the picture."""
    images: np.ndarray
    """uint8, N×C×H×W."""


class OcclusionMap(Answer, frozen=True, kw_only=True):
    """How much the probability of a class falls where a picture is covered."""

    step: int
    window: int
    """Pixels covered at a time, across and down."""
    drop: np.ndarray
    """H×W of the picture: the mean fall over the windows that cover a pixel."""


class Predictions(Answer, frozen=True, kw_only=True):
    """What a network takes each picture of a part for."""

    step: int
    labels: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    """The probability of what was predicted."""


class Fetched(Answer, frozen=True, kw_only=True):
    """Pictures."""

    images: np.ndarray
    """uint8, N×C×H×W."""
    labels: np.ndarray


class Labels(Answer, frozen=True, kw_only=True):
    """The class of each picture of a part."""

    labels: np.ndarray


class Neighbours(Answer, frozen=True, kw_only=True):
    """The nearest training pictures, by the values before the last linear layer."""

    step: int
    indices: tuple[int, ...]
    labels: tuple[int, ...]
    distances: tuple[float, ...]
    images: np.ndarray
    """uint8, N×C×H×W."""


class Identified(Answer, frozen=True, kw_only=True):
    """Pictures as corrections name them, whatever run they are used by."""

    pictures: tuple[PictureId, ...]


class Replayed(Answer, frozen=True, kw_only=True):
    """An update that was made again, and its batch."""

    step: int
    from_step: int
    """Where it began from: a checkpoint, or 0."""
    images: np.ndarray
    """uint8, N×C×H×W, as the network got them: augmented."""
    labels: np.ndarray
    predicted: np.ndarray
    """Before the update."""
    losses: np.ndarray
    """Of each image, before the update."""
    not_exact: str | None
    """Why the run itself may have had other last digits."""


class Failed(Answer, frozen=True, kw_only=True):
    """Why there is no answer: a sentence."""

    reason: str


class Progress(Answer, frozen=True, kw_only=True):
    """How far a long answer is."""

    done: int
    total: int


AnyQuestion = (
    Open
    | UseDevice
    | Look
    | Explain
    | FindDead
    | FindPatches
    | Occlude
    | Predict
    | Fetch
    | FindNeighbours
    | Identify
    | ListLabels
    | Replay
)
AnyAnswer = (
    Opened
    | DeviceUsed
    | Seen
    | Explanation
    | DeadChannels
    | Patches
    | OcclusionMap
    | Predictions
    | Fetched
    | Neighbours
    | Identified
    | Labels
    | Replayed
    | Failed
    | Progress
)
