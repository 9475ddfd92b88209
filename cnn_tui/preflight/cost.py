"""What a run takes: from what was measured to the time to its end."""

import math

import msgspec

from cnn_tui.config import RunConfig

CLEARLY_LESS = 0.97
"""Of a time: what is below that is no matter of chance."""
_AT_BOTH_ENDS = 2
"""Checkpoints of a run beside those in between: before its first update and at last."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one way of computing."""

    ms_per_update: float = 0.0
    ms_per_evaluation: float = 0.0
    ms_per_checkpoint: float = 0.0

    def seconds(self, config: RunConfig) -> float:
        """Returns what a run takes in all.

        An evaluation is followed by a checkpoint: of the best, or for the history.
        """
        updates = config.total_steps
        evaluations = math.ceil(updates / config.training.evaluate_every)
        seconds = updates * self.ms_per_update / 1000
        seconds += (
            evaluations * (self.ms_per_evaluation + self.ms_per_checkpoint) / 1000
        )
        saved = _AT_BOTH_ENDS + _checkpoints(config, seconds)
        return seconds + saved * self.ms_per_checkpoint / 1000


def _checkpoints(config: RunConfig, seconds: float) -> int:
    every = config.training.checkpoint_every
    if isinstance(every, str):
        return int(seconds / float(every.removesuffix("s")))
    return config.total_steps // every
