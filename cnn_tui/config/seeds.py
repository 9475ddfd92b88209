"""One config with several seeds."""

from cnn_tui.config.models import RunConfig
from cnn_tui.config.parse import parse_mapping, to_mapping
from cnn_tui.config.settings import apply_settings


def seeded(config: RunConfig, seeds: int) -> list[RunConfig]:
    """Returns so many configs: with the seed that it has, the next one, and so on.

    Raises:
        InvalidConfigError: if there is no such seed.
    """
    mapping, first = to_mapping(config), config.training.seed
    return [
        parse_mapping(apply_settings(mapping, [("training.seed", seed)]))
        for seed in range(first, first + seeds)
    ]
