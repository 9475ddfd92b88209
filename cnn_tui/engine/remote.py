"""Files of torchvision's data sets: which there are, from where, and fetching them."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnn_tui.datasets.telling import Tell
from cnn_tui.errors import DataError
from cnn_tui.io.download import fetch
from cnn_tui.text import mebibytes, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that everybody can have, as torchvision knows it."""

    path: str
    """Where torchvision looks for it, below the folder of the data."""
    md5: str
    urls: tuple[str, ...]
    """Where it is to be had, the best place first."""


def torchvision_class(name: str) -> Any:
    """Returns the class of a data set."""
    from torchvision import datasets  # 2 to 3 s of imports that few runs need

    return getattr(datasets, name)


def remote_files(kind: Any, chosen: Mapping[str, Any]) -> list[RemoteFile]:
    """Returns what a class of torchvision would download for these arguments."""
    return [
        RemoteFile(path=path, md5=md5, urls=tuple(urls))
        for path, md5, urls in _remote(kind, chosen)
    ]


def fetch_files(
    title: str, files: Sequence[RemoteFile], folder: Path, tell: Tell
) -> None:
    """Puts files in their places that are not there, or not what they should be.

    Raises:
        DataError: if one cannot be had: which, from where, and where they belong.
    """
    for number, file in enumerate(files):
        path = folder / file.path

        def tell_bytes(done: int, total: int | None, name: str = path.name) -> None:
            of = "" if total is None else f" of {mebibytes(total)}"
            tell(f"downloading {name}: {mebibytes(done)}{of}")

        try:
            fetch(file.urls, path, file.md5, tell_bytes)
        except OSError as error:
            raise DataError(
                f"{title} is not in {printable(folder)} and cannot be downloaded "
                f"({printable(error)}); put {_names(files[number:])} into "
                f"{printable(path.parent)}"
            ) from error
        finally:
            tell("")


def _names(files: Sequence[RemoteFile]) -> str:
    *others, last = [os.path.basename(file.path) for file in files]
    return f"{', '.join(others)} and {last}" if others else last


def _remote(
    kind: Any, chosen: Mapping[str, Any]
) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Yields path, MD5 and URLs, which each family of classes keeps in its own way."""
    raw = f"{kind.__name__}/raw/"
    if kind.__name__ == "EMNIST":
        yield raw + os.path.basename(kind.url), kind.md5, [kind.url]
    elif kind.__name__ == "QMNIST":
        for url, md5 in kind.resources[chosen["what"]]:
            yield raw + os.path.basename(url), md5, [url]
    elif hasattr(kind, "mirrors"):
        for name, md5 in kind.resources:
            yield raw + name, md5, [mirror + name for mirror in kind.mirrors]
    elif hasattr(kind, "split_list"):
        split = chosen.get("split") or ("train" if chosen["train"] else "test")
        url, name, md5 = kind.split_list[split]
        yield name, md5, [url]
    else:
        yield kind.filename, kind.tgz_md5, [kind.url]
