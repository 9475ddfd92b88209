"""What several processes that train one run together have to agree on."""

from cnn_tui.config.models import RunConfig
from cnn_tui.config.parse import parse_mapping, to_mapping
from cnn_tui.config.settings import apply_settings
from cnn_tui.errors import InputError
from cnn_tui.host.hardware import cpu_count


def for_processes(config: RunConfig, processes: int, local: int) -> RunConfig:
    """Returns a config for a run that several processes begin, ``local`` of them here.

    They have a shard each and share the CPUs, where the config leaves that open.

    Raises:
        InputError: if they cannot share its shards.
    """
    if processes == 1:
        return config
    training = config.training
    settings = [
        ("training.shards", training.shards or processes),
        ("training.threads", training.threads or max(1, cpu_count() // local)),
    ]
    config = parse_mapping(apply_settings(to_mapping(config), settings))
    check_shared(config, processes)
    return config


def check_shared(config: RunConfig, processes: int) -> None:
    """Raises InputError if so many processes cannot share the shards of a run."""
    shards = config.training.shards
    if processes == 1:
        return
    if shards is None:
        raise InputError(
            f"training.shards is null: {processes} processes can only go on with a run "
            "that has shards from its beginning"
        )
    each, rest = divmod(shards, processes)
    if rest or each & (each - 1):
        raise InputError(
            f"training.shards: {processes} processes cannot share {shards}: each must "
            "have 1, 2, 4, 8, … of them"
        )
