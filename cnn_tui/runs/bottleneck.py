"""What takes the time of a training, and what to do about it: a pure function."""

from collections.abc import Callable, Iterator

from cnn_tui.runs.profile import LayerSeconds, Profile, parts
from cnn_tui.text import printable

# Shares from which on a part is worth a word before the layers are. Of our own choice:
# about where halving it would be noticed.
MUCH = 0.2
"""Of the time, for what a setting alone decides how often it is done."""
WAITING = 0.25
"""Of an update, for what is no computing of the network."""
LAUNCH_BOUND = 0.9
"""Of an update's time on the GPU: if handing it over takes so long, the GPU waits."""


def verdict(profile: Profile) -> str:
    """Returns one sentence that is safe to be shown: what takes most, what helps."""
    sentences = (sentence for check in _CHECKS for sentence in check(profile))
    return next(sentences, "nothing was measured")


def _between_updates(profile: Profile) -> Iterator[str]:
    shares = _shares(profile)
    remedies = {
        "evaluation": "evaluate less often (training.evaluate_every)",
        "checkpoints": "save less often (training.checkpoint_every), or keep less of "
        "the past (training.history)",
    }
    for name, remedy in remedies.items():
        if (share := shares.get(name, 0.0)) >= MUCH:
            verb = "take" if name == "checkpoints" else "takes"
            yield f"{name} {verb} {_percent(share)} of the time: {remedy}"


def _waiting_for_the_host(profile: Profile) -> Iterator[str]:
    whole = profile.update.total
    if profile.host is not None and profile.host >= LAUNCH_BOUND * whole:
        yield (
            "the device waits for the host, which takes as long to hand an update "
            f"over: larger batches than {profile.batch_size:,} (training.batch_size) "
            "cost next to nothing"
        )


def _waiting_for_a_processor(profile: Profile) -> Iterator[str]:
    waiting = profile.waiting or 0.0
    share = waiting / (max(waiting, profile.update.total) or 1.0)
    if share >= WAITING:
        yield (
            f"{_percent(share)} of an update the training waits for a processor: end "
            "what else computes here, or use fewer threads (training.threads)"
        )


def _no_network(profile: Profile) -> Iterator[str]:
    update = profile.update
    fewer = "a larger training.batch_size makes fewer updates"
    groups = (
        (
            update.data + update.scaling,
            "picking and scaling images: smaller ones (dataset.image_size) take less",
        ),
        (
            update.copy,
            "copying images: those that fit on the device stay there "
            "(dataset.image_size, dataset.train_images)",
        ),
        (
            update.augmentation,
            "augmentation: less of it (dataset.augmentation) takes less",
        ),
        (update.checks, f"checking that all is finite: {fewer}"),
        (update.optimizer + update.average, f"the optimizer: {fewer}"),
    )
    seconds, what = max(groups)
    share = seconds / (update.total or 1.0)
    if share >= WAITING:
        yield f"{_percent(share)} of an update goes into {what}"


def _slowest_layer(profile: Profile) -> Iterator[str]:
    """Names it, however little it is: there is nothing else to be gained."""
    both = [
        (seconds(layer), direction, layer.name)
        for layer in profile.layers
        for direction, seconds in _DIRECTIONS.items()
    ]
    most, direction, name = max(both, default=(0.0, "", ""))
    if most > 0:
        share = most / max(most, profile.update.total)
        yield (
            f"{_percent(share)} of an update is the {direction} pass of "
            f"{printable(name)}: nothing helps more than a smaller one, or smaller "
            "inputs of it (model.layers)"
        )


_DIRECTIONS: dict[str, Callable[[LayerSeconds], float]] = {
    "forward": lambda layer: layer.forward,
    "backward": lambda layer: layer.backward,
}
_CHECKS = (
    *(_between_updates, _waiting_for_the_host, _waiting_for_a_processor),
    *(_no_network, _slowest_layer),
)


def _shares(profile: Profile) -> dict[str, float]:
    return {part.name: part.share for part in parts(profile) if not part.depth}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
