"""What is known of runs beyond their status, found out only when somebody asks."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from cnn_tui.io.files import stamp
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.config_values import ConfigValues, read_config_values, shared
from cnn_tui.runs.disk_use import disk_bytes, disk_stamp
from cnn_tui.runs.index import Index, IsEnough, missing
from cnn_tui.runs.layout import CONFIG, LIVE

Need = Literal["config", "disk"]
_NOTHING = ConfigValues()


class Known:
    """Configs and disk use of the runs in a folder: one thread reads, any may look."""

    def __init__(self, folder: Path) -> None:
        """Knows nothing yet."""
        self._configs = Index(
            "configs",
            folder,
            ConfigValues,
            stamp=lambda run: stamp(run / CONFIG),
            find=read_config_values,
            keep=shared,
        )
        self._disk = Index("disk", folder, int, stamp=disk_stamp, find=disk_bytes)

    def config(self, run: RunSummary) -> ConfigValues:
        """Returns the values of a run's config, none where it was not read yet."""
        return self.named_config(run.path.name)

    def named_config(self, name: str) -> ConfigValues:
        """Returns the same of a run by its id; it need not be there."""
        return self._configs.values.get(name, _NOTHING)

    def disk_bytes(self, run: RunSummary) -> int | None:
        """Returns the bytes that a run takes, None where nobody counted them yet."""
        return self._disk.values.get(run.path.name)

    def keys(self) -> set[str]:
        """Returns every key that a config has which was read."""
        texts = {values.keys for values in list(self._configs.values.values())}
        return {key for text in texts for key in text.split("\n") if key}

    def refresh(
        self,
        runs: Sequence[RunSummary],
        needs: Iterable[Need],
        is_enough: IsEnough = lambda: False,
    ) -> int:
        """Finds out what is needed of these runs; returns how much was new."""
        new, runs = 0, _begun(runs)
        if "config" in needs:
            new += self._configs.refresh((run.path.name for run in runs), is_enough)
        if "disk" in needs:
            for run in runs:
                if run.state in LIVE:
                    self._disk.forget(run.path.name)
            new += self._disk.refresh((run.path.name for run in runs), is_enough)
        return new

    def missing(self, runs: Iterable[RunSummary], needs: Iterable[Need]) -> int:
        """Returns of how many runs something that is needed is not known."""
        found: dict[str, Mapping[str, object]] = {
            "config": self._configs.values,
            "disk": self._disk.values,
        }
        names = [run.path.name for run in _begun(runs)]
        return max((missing(found[need], names) for need in needs), default=0)

    def forget_disk(self, name: str) -> None:
        """Counts the bytes of a run again at the next refresh."""
        self._disk.forget(name)


def _begun(runs: Iterable[RunSummary]) -> list[RunSummary]:
    """Returns those that have a directory, which is read only once."""
    return [run for run in runs if not run.is_job]
