"""Augmentation: other versions of the images of a batch, a function of (seed, step).

All numbers that it needs are drawn on the CPU by a generator of its own, so that the
same update sees the same images on any device, after a resume, and in a proof; nothing
waits for the device.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate, repeat

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_tui.config.dataset import Augmentation

Share = float | Tensor
"""A part of 1; as a tensor, a scalar on the device."""

_STREAM = 1
"""Tells these numbers from those of the order of the images."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """What an update trains on."""

    inputs: Tensor
    """Network inputs, float32 N×C×H×W."""
    labels: Tensor
    """The class of each image, int64 N."""
    other_labels: Tensor | None = None
    """Where images are mixed, the class of the one that has the smaller share."""
    share: Share = 1.0
    """What ``labels`` weigh: in a mixed batch, from 0.5 on."""
    other_share: Share = 0.0
    """What ``other_labels`` weigh."""
    first: int = 0
    """Which row the first input is of, where a process makes no others than its own."""
    is_part: bool = False
    """Whether it is a part of another batch: the shares are of the mean of that."""

    def loss(
        self, outputs: Tensor, function: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Returns the mean loss of outputs N×classes, a scalar.

        Of a part, it is what that adds to the mean of the whole.
        """
        loss = function(outputs, self.labels)
        if self.other_labels is None:
            return self.share * loss if self.is_part else loss
        other = function(outputs, self.other_labels)
        return self.share * loss + self.other_share * other

    def parts(self, most: int, class_weights: Tensor | None = None) -> list["Batch"]:
        """Returns the batch cut evenly, into parts of ``most`` images or less.

        ``class_weights`` are those of the loss, if it is a mean by these.
        """
        return self.cut(-(-len(self.labels) // most), class_weights)

    def cut(self, number: int, class_weights: Tensor | None = None) -> list["Batch"]:
        """Returns the batch cut evenly, into so many parts."""
        if number == 1:
            return [self]

        def weighed(labels: Tensor, share: Share) -> list[tuple[Tensor, Share]]:
            pieces = labels.tensor_split(number)
            return [(p, share * _portion(p, labels, class_weights)) for p in pieces]

        own = weighed(self.labels, self.share)
        others: Iterable[tuple[Tensor | None, Share]] = repeat((None, 0.0), number)
        if self.other_labels is not None:
            others = weighed(self.other_labels, self.other_share)
        ends = accumulate(len(labels) for labels, _ in own)
        inputs = [
            self._rows(end - len(piece), end)
            for end, (piece, _) in zip(ends, own, strict=True)
        ]
        return [
            Batch(
                inputs=images,
                labels=labels,
                share=share,
                other_labels=other_labels,
                other_share=other_share,
                is_part=True,
            )
            for images, (labels, share), (other_labels, other_share) in zip(
                inputs, own, others, strict=True
            )
        ]

    def _rows(self, start: int, end: int) -> Tensor:
        """Returns the inputs of these rows, as far as they are there."""
        start, end = max(start - self.first, 0), max(end - self.first, 0)
        return self.inputs[start:end]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Augmenter:
    """Changes the training images of a run as its config says.

    ``black`` is the value of black after scaling, per channel, on the device: it fills
    what lies beyond an image, and what is cut out.
    """

    config: Augmentation
    seed: int
    black: Tensor

    def __call__(self, batch: Batch, step: int) -> Batch:
        """Takes and returns the batch of update ``step``; its strides stay."""
        wanted, draw = self.config, _Draw(self.seed, step, batch.inputs)
        images, black = batch.inputs, self.black.expand(batch.inputs.shape[1])
        if wanted.rotate or wanted.scale:
            images = _turned(images, draw, wanted, black)
        if wanted.brightness or wanted.contrast:
            images = _recoloured(images, draw, wanted)
        if wanted.crop_padding or wanted.horizontal_flip or wanted.cutout:
            images = _picked(images, draw, wanted, black)
        others, share = None, 1.0
        if wanted.mixup:
            partners, share = draw.order(), draw.larger_share(wanted.mixup)
            images = images.index_select(0, partners).lerp_(images, share)
            others = batch.labels.index_select(0, partners)
        return Batch(
            inputs=_laid_out_as(batch.inputs, images),
            labels=batch.labels,
            other_labels=others,
            share=share,
            other_share=1 - share,
        )


class _Draw:
    """Draws numbers for the images of a batch, and moves them to its device."""

    def __init__(self, seed: int, step: int, inputs: Tensor) -> None:
        self._sequence = np.random.SeedSequence([seed, step, _STREAM])
        mixed = self._sequence.generate_state(1, np.uint64)
        self._generator = torch.Generator().manual_seed(int(mixed[0]) >> 1)
        self._number = len(inputs)
        self._device = inputs.device

    def order(self) -> Tensor:
        """Returns the N indices of the batch in another order, int64."""
        drawn = torch.randperm(self._number, generator=self._generator)
        return drawn.to(self._device, non_blocking=True)

    def larger_share(self, alpha: float) -> float:
        """Returns λ or 1 − λ, from Beta(alpha, alpha).

        Which one does not matter to a batch, as partners are drawn at random; with the
        larger, accuracy goes by the label of what is seen most.
        """
        # torch has no Beta with a generator; RandomState draws the same in every numpy.
        share = np.random.RandomState(np.random.MT19937(self._sequence)).beta(
            alpha, alpha
        )
        return max(share, 1 - share)

    def integers(self, below: int) -> Tensor:
        """Returns N whole numbers from 0 on, int64."""
        size = (self._number,)
        drawn = torch.randint(below, size, generator=self._generator)
        return drawn.to(self._device, non_blocking=True)

    def between(self, low: float, high: float) -> Tensor:
        """Returns N numbers, float32."""
        drawn = torch.rand(self._number, generator=self._generator)
        return drawn.mul_(high - low).add_(low).to(self._device, non_blocking=True)


def _portion(part: Tensor, whole: Tensor, class_weights: Tensor | None) -> Share:
    """Returns what the mean of a part counts in the mean of the whole, by labels."""
    if class_weights is None:
        return len(part) / len(whole)
    weights = (class_weights.index_select(0, labels) for labels in (part, whole))
    of_part, of_whole = (weight.sum() for weight in weights)
    return of_part / of_whole


def _turned(images: Tensor, draw: _Draw, wanted: Augmentation, black: Tensor) -> Tensor:
    """Turns and enlarges images about their middles, with bilinear values."""
    angles = draw.between(-math.radians(wanted.rotate), math.radians(wanted.rotate))
    factors = 1 / draw.between(1 - wanted.scale, 1 + wanted.scale)
    cosines, sines = angles.cos() * factors, angles.sin() * factors
    zeros = torch.zeros_like(angles)
    aspect = images.shape[2] / images.shape[3]  # a grid goes from −1 to 1 both ways
    rows = (cosines, -sines * aspect, zeros), (sines / aspect, cosines, zeros)
    matrices = torch.stack([torch.stack(row, 1) for row in rows], 1)
    grid = F.affine_grid(matrices, list(images.shape), align_corners=False)
    dark = black.view(1, -1, 1, 1)  # what lies beyond an image is 0 in a sampling
    return F.grid_sample(images - dark, grid, align_corners=False) + dark


def _recoloured(images: Tensor, draw: _Draw, wanted: Augmentation) -> Tensor:
    """Adds to each image, and stretches it about its mean, by shares of its range."""
    each = (-1, 1, 1, 1)
    means = images.mean((1, 2, 3), keepdim=True)
    ranges = images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True)
    factors = draw.between(1 - wanted.contrast, 1 + wanted.contrast).view(each)
    added = draw.between(-wanted.brightness, wanted.brightness).view(each)
    return (images - means) * factors + means + added * ranges


def _picked(images: Tensor, draw: _Draw, wanted: Augmentation, black: Tensor) -> Tensor:
    """Shifts, mirrors and cuts out in one: says where each pixel comes from.

    A pixel from beyond an image, or from what is cut out, is the black one that is put
    behind all others.
    """
    number, channels, height, width = images.shape
    rows, columns = _range(height, images)[None], _range(width, images)[None]
    is_kept = torch.ones((), dtype=torch.bool, device=images.device)
    if wanted.cutout:
        in_rows = _within(rows, draw.integers(height), wanted.cutout)
        in_columns = _within(columns, draw.integers(width), wanted.cutout)
        is_kept = ~(in_rows[:, :, None] & in_columns[:, None, :])
    if wanted.horizontal_flip:
        is_flipped = draw.integers(2).bool()[:, None]
        columns = torch.where(is_flipped, width - 1 - columns, columns)
    if wanted.crop_padding:
        places = 2 * wanted.crop_padding + 1
        rows = rows + draw.integers(places)[:, None] - wanted.crop_padding
        columns = columns + draw.integers(places)[:, None] - wanted.crop_padding
    in_rows, in_columns = (
        (v >= 0) & (v < n) for v, n in ((rows, height), (columns, width))
    )
    is_kept = is_kept & in_rows[:, :, None] & in_columns[:, None, :]
    sources = rows[:, :, None] * width + columns[:, None, :]
    sources = sources + _range(number, images)[:, None, None] * (height * width)
    sources = torch.where(is_kept, sources, number * height * width)
    pixels = torch.cat([images.permute(0, 2, 3, 1).reshape(-1, channels), black[None]])
    picked = pixels.index_select(0, sources.flatten())
    return picked.view(number, height, width, channels).permute(0, 3, 1, 2)


def _within(places: Tensor, middles: Tensor, side: int) -> Tensor:
    """Returns which places lie in a span of ``side`` about each middle, N×places."""
    offsets = places - middles[:, None] + side // 2
    return (offsets >= 0) & (offsets < side)


def _range(size: int, images: Tensor) -> Tensor:
    return torch.arange(size, device=images.device)


def _laid_out_as(inputs: Tensor, images: Tensor) -> Tensor:
    """Returns images with the strides of inputs, also where one channel fits two."""
    if images.stride() == inputs.stride():
        return images
    return torch.empty_like(inputs).copy_(images)
