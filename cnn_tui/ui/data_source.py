"""Where the images come from, as typed: a name, a folder or a file that is looked at.

A half-typed path is never looked at: ``/`` would be all of the machine.
"""

from dataclasses import dataclass

from cnn_tui.config import InvalidConfigError, Setting, parse_dataset
from cnn_tui.config.dataset import absolute_path, source_settings
from cnn_tui.datasets.facts import DATASETS
from cnn_tui.datasets.own import look_into
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.errors import CnnTuiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text and what it was found to mean."""

    text: str = ""
    settings: tuple[Setting, ...] = ()
    """Those of a config; none if it is wrong."""
    error: str = ""


def named_source(text: str) -> Source | None:
    """Returns what the name of a data set means, which needs no look; else None."""
    if text not in DATASETS:
        return None
    return Source(text=text, settings=tuple(source_settings(text)))


def look_at(text: str, tell: Tell = nobody) -> Source:
    """Looks at what a text names; that may take long.

    ``tell`` hears how many files of a folder are listed, and may raise to end that.
    """
    try:
        settings = source_settings(text)
        for key, value in settings:
            if key == "dataset.folder" and value is not None:
                look_into(absolute_path(value), tell)
        dataset = parse_dataset(text)
    except InvalidConfigError as error:
        return Source(text=text, error=error.problems[0].message)
    except (CnnTuiError, ValueError) as error:
        return Source(text=text, error=str(error))
    found = {"dataset.folder": dataset.folder, "dataset.npz": dataset.npz}
    return Source(
        text=text, settings=tuple((key, found.get(key, v)) for key, v in settings)
    )
