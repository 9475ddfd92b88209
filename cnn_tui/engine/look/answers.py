"""From questions about a run to answers."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar, assert_never

import numpy as np
import torch
from torch import Tensor

from cnn_tui.datasets.form import PARTS, Part
from cnn_tui.engine.device import device_label, pick_device
from cnn_tui.engine.images import Images
from cnn_tui.engine.look import excite, regard
from cnn_tui.engine.look.explain import explain, rectangle
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.engine.look.trace import IMAGE, Trace, limit_of, trace
from cnn_tui.engine.replay import replay
from cnn_tui.errors import CnnTuiError, InputError
from cnn_tui.layers import Stage
from cnn_tui.layers import trace as table_of
from cnn_tui.look import messages as ask
from cnn_tui.text import printable

Tell = Callable[[int, int], None]
Kind = TypeVar("Kind", bound=ask.Answer)
_KEPT_TRACES = 4
_MOST_FEATURE_BYTES = 2**28


class Answers:
    """Answers questions about one run."""

    def __init__(self, run: Path, data_dir: Path | None) -> None:
        """Raises InputError if the run cannot be looked into."""
        self.source = Source(run, data_dir)
        self._stages = {stage.number: stage for stage in self.source.stages}
        self._features: tuple[Weighed, list[Tensor]] | None = None
        self._traces: dict[tuple[object, ...], tuple[Weighed, Trace]] = {}

    def answer(
        self, question: ask.AnyQuestion, tell: Tell = lambda done, total: None
    ) -> ask.AnyAnswer:
        """Answers; what cannot be answered is a sentence that says why.

        ``tell`` hears how far a long answer is, and may raise to end it.
        """
        try:
            return self._answer(question, tell)
        except CnnTuiError as error:
            return ask.Failed(reason=str(error))
        except RuntimeError as error:
            return ask.Failed(reason=f"torch: {printable(str(error).splitlines()[0])}")

    def require(self, question: ask.AnyQuestion, kind: type[Kind]) -> Kind:
        """Returns the answer, which is of a kind, or raises InputError."""
        answer = self._answer(question, lambda done, total: None)
        assert isinstance(answer, kind)
        return answer

    def use(self, name: str) -> str:
        """Computes elsewhere from now on; returns where.

        ``name`` is auto, cpu, mps, cuda or cuda:N. Raises DeviceError.
        """
        device = pick_device(name)
        self.source.use(device)
        self._traces.clear()
        self._features = None
        return device_label(device)

    def _answer(self, question: ask.AnyQuestion, tell: Tell) -> ask.AnyAnswer:
        match question:
            case ask.Open():
                return self._opened()
            case ask.UseDevice():
                return ask.DeviceUsed(label=self.use(question.device))
            case ask.Look():
                return self._look(question)
            case ask.Explain():
                return self._explain(question)
            case ask.FindDead():
                return self._dead(question, tell)
            case ask.FindPatches():
                return self._patches(question, tell)
            case ask.Occlude():
                weighed = self.source.at(question.moment)
                image, _ = self.source.picture(question.picture)
                label = self._label(question.label)
                return regard.occlusion(weighed.network, image, label, weighed.step)
            case ask.Predict():
                weighed = self.source.at(question.moment)
                images = self.source.images(question.part)
                return regard.predict(weighed.network, images, weighed.step, tell)
            case ask.Fetch():
                return self._fetch(question.part, question.indices)
            case ask.FindNeighbours():
                return self._neighbours(question, tell)
            case ask.Identify():
                self._check(question.part, question.indices)
                id_of = self.source.splits.id_of
                found = tuple(id_of(question.part, n) for n in question.indices)
                return ask.Identified(pictures=found)
            case ask.ListLabels():
                labels = self.source.images(question.part).labels
                return ask.Labels(labels=labels.numpy())
            case ask.Replay():
                return self._replay(question, tell)
            case _:
                assert_never(question)

    def _opened(self) -> ask.Opened:
        source, facts = self.source, self.source.facts
        table = table_of(source.config.model.layers, facts.input_shape, facts.classes)
        layers = [
            ask.LayerFacts(
                number=row.number,
                type=row.type,
                summary=row.summary,
                formula=row.formula,
                input_shape=row.input_shape,
                output_shape=row.output_shape,
                receptive_field=row.receptive_field,
            )
            for row in table.rows
        ]
        return ask.Opened(
            title=source.config.title,
            dataset=source.config.dataset.name,
            class_names=facts.class_names,
            input_shape=facts.input_shape,
            layers=tuple(layers),
            pictures={part: self._count(part) for part in PARTS},
        )

    def _count(self, part: Part) -> int:
        images = getattr(self.source.splits, part)
        return 0 if images is None else len(images)

    def _traced(
        self, moment: ask.Moment, picture: ask.Picture
    ) -> tuple[Weighed, Trace]:
        """Returns what all layers make of a picture; the last few are kept."""
        weighed = self.source.at(moment)
        own = None if picture.own is None else picture.own.tobytes()
        key = (weighed, picture.part, picture.index, own)
        if key not in self._traces:
            image, _ = self.source.picture(picture)
            found = trace(weighed.network, self.source.stages, image)
            while len(self._traces) >= _KEPT_TRACES:
                self._traces.pop(next(iter(self._traces)))
            self._traces[key] = (weighed, found)
        return self._traces[key]

    def _look(self, question: ask.Look) -> ask.Seen:
        weighed, found = self._traced(question.moment, question.picture)
        layer = self._known(question.layer)
        image, label = self.source.picture(question.picture)
        scores = found.outputs[_last(self.source.stages).number][0]
        return ask.Seen(
            step=weighed.step,
            image=image[0].numpy(),
            label=label,
            scores=scores.numpy(),
            probabilities=scores.softmax(0).numpy(),
            maps=found.outputs[layer][0].numpy(),
            filters=self._weight(weighed, layer, "weight"),
            bias=self._weight(weighed, layer, "bias"),
            net_limit=limit_of(found),
        )

    def _weight(self, weighed: Weighed, layer: str, name: str) -> "np.ndarray | None":
        """Returns a layer's weight or bias, if it has one."""
        if layer == IMAGE:
            return None
        module = weighed.network.model.get_submodule(self._stages[layer].path)
        value: Tensor | None = getattr(module, name, None)
        return None if value is None else value.detach().float().cpu().numpy()

    def _explain(self, question: ask.Explain) -> ask.Explanation:
        stage = self._stage(question.layer)
        weighed, found = self._traced(question.moment, question.picture)
        place = (question.channel, question.y, question.x)
        with torch.inference_mode():
            return explain(
                weighed.network, self.source.stages, found, stage, place, weighed.step
            )

    def _dead(self, question: ask.FindDead, tell: Tell) -> ask.DeadChannels:
        weighed = self.source.at(question.moment)
        images = self.source.images("test").images[: excite.SAMPLE]
        channels = excite.dead_channels(
            weighed.network, self.source.stages, images, tell
        )
        return ask.DeadChannels(
            step=weighed.step, pictures=len(images), channels=channels
        )

    def _patches(self, question: ask.FindPatches, tell: Tell) -> ask.Patches:
        stage, source = self._stage(question.layer), self.source
        if not 0 <= question.channel < stage.output_shape[0]:
            raise InputError(
                f"layer {stage.number} has no channel {question.channel}, only 0 to "
                f"{stage.output_shape[0] - 1}"
            )
        weighed, images = source.at(question.moment), source.images("test")
        best = excite.best_patches(
            weighed.network, source.stages, stage, question.channel, images, tell
        )
        indices = tuple(index for index, _, _ in best)
        fetched = self._fetch("test", indices)
        return ask.Patches(
            step=weighed.step,
            pictures=min(len(images), excite.MOST_PICTURES),
            indices=indices,
            labels=tuple(fetched.labels.tolist()),
            values=tuple(value for _, value, _ in best),
            regions=tuple(rectangle(region) for _, _, region in best),
            images=fetched.images,
        )

    def _neighbours(self, question: ask.FindNeighbours, tell: Tell) -> ask.Neighbours:
        weighed = self.source.at(question.moment)
        image, _ = self.source.picture(question.picture)
        [here] = regard.features(weighed.network, self.source.stages, image)
        others = self._training_features(weighed, tell)
        indices, distances = regard.neighbours(here, others, question.count)
        fetched = self._fetch("train", tuple(indices))
        return ask.Neighbours(
            step=weighed.step,
            indices=tuple(indices),
            labels=tuple(fetched.labels.tolist()),
            distances=tuple(distances),
            images=fetched.images,
        )

    def _training_features(self, weighed: Weighed, tell: Tell) -> Iterable[Tensor]:
        """Yields the features of all training pictures; if small, they are kept."""
        stages, images = self.source.stages, self.source.images("train")
        if self._features is not None and self._features[0] is weighed:
            return self._features[1]
        found = regard.features(weighed.network, stages, images.images, tell)
        if regard.feature_bytes(stages, len(images)) > _MOST_FEATURE_BYTES:
            return found
        self._features = weighed, list(found)
        return self._features[1]

    def _replay(self, question: ask.Replay, tell: Tell) -> ask.Replayed:
        source = self.source
        threads = torch.get_num_threads()
        try:  # with as many as the training has
            found = replay(source.run, question.step, source.data_dir, tell)
        finally:
            torch.set_num_threads(threads)
        source.keep(found.step, found.network)
        return ask.Replayed(
            step=found.step,
            from_step=found.from_step,
            images=found.network.scaling.bytes_of(found.inputs).numpy(),
            labels=found.labels.numpy(),
            predicted=found.outputs.argmax(1).numpy(),
            losses=found.losses.numpy(),
            not_exact=found.not_exact,
        )

    def _fetch(self, part: Part, indices: tuple[int, ...]) -> ask.Fetched:
        images = self._check(part, indices)
        chosen = images.subset(torch.tensor(indices, dtype=torch.int64))
        return ask.Fetched(images=chosen.images.numpy(), labels=chosen.labels.numpy())

    def _check(self, part: Part, indices: Sequence[int]) -> Images:
        """Returns a part's images; raises InputError if it lacks one of these."""
        images = self.source.images(part)
        if not all(0 <= index < len(images) for index in indices):
            raise InputError(f"there is no such picture in the {part} set")
        return images

    def _known(self, layer: str) -> str:
        return IMAGE if layer == IMAGE else self._stage(layer).number

    def _stage(self, layer: str) -> Stage:
        if layer not in self._stages:
            raise InputError(
                f'no layer "{printable(layer)}", only {", ".join(self._stages)}'
            )
        return self._stages[layer]

    def _label(self, label: int) -> int:
        if not 0 <= label < self.source.facts.classes:
            raise InputError(
                f"no class {label}, only 0 to {self.source.facts.classes - 1}"
            )
        return label


def _last(stages: Sequence[Stage]) -> Stage:
    """Returns the layer whose output are the scores."""
    return [stage for stage in stages if "." not in stage.number][-1]
