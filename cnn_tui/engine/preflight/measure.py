"""How fast a config is on its device."""

from collections.abc import Iterator
from pathlib import Path

import torch

from cnn_tui.config import parse_mapping
from cnn_tui.engine.device import device_name
from cnn_tui.engine.preflight.images import images_for
from cnn_tui.engine.preflight.timing import time_work
from cnn_tui.engine.setup import make_trainer, settle
from cnn_tui.host.hardware import cpu_name
from cnn_tui.preflight.messages import AnyLine, Facts, Measure, Measured

_SECONDS_EACH = 0.5


def measured(request: Measure) -> Iterator[AnyLine]:
    """Yields what is measured with, then what the config takes.

    Raises:
        InputError: if it cannot be measured at all.
    """
    config, device = settle(parse_mapping(request.config))
    data_dir = Path(request.data_dir) if request.data_dir else None
    splits, images = images_for(config, data_dir, device)
    yield Facts(
        device=str(device),
        name=device_name(device) or cpu_name(),
        torch=str(torch.__version__),
        images=images,
    )
    trainer = make_trainer(config, splits, device, lambda: 0.0)
    cost = time_work(trainer, splits, config, _SECONDS_EACH)
    yield Measured(
        cost=cost,
        images_per_second=trainer.images_per_update / cost.ms_per_update * 1000,
        memory_bytes=None,
        total_seconds=cost.seconds(config),
    )
