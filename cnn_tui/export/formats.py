"""What a run can be exported to, and which packages that takes."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.errors import InputError
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of export; ``extra`` is what installs its ``packages``."""

    words: str
    suffix: str
    of_weights: bool = True
    """Whether it tells of a network; rows do not."""
    extra: str = ""
    packages: tuple[str, ...] = ()


_ONNX = ("onnx", "onnxscript", "onnxruntime")

FORMATS = {
    "onnx": Format(
        words="the network with the preparation of pictures, for any ONNX runtime",
        suffix=".onnx",
        extra="onnx",
        packages=_ONNX,
    ),
    "pt2": Format(words="the same for torch.export.load", suffix=".pt2"),
    "safetensors": Format(words="weights, scaling and config", suffix=".safetensors"),
    "csv": Format(words="rows of training and tests", suffix=".csv", of_weights=False),
    "json": Format(
        words="the same as an array of objects", suffix=".json", of_weights=False
    ),
    "parquet": Format(
        words="the same in columns",
        suffix=".parquet",
        of_weights=False,
        extra="parquet",
        packages=("pyarrow",),
    ),
    "tensorboard": Format(
        words="curves and config for TensorBoard",
        suffix=".tfevents",
        of_weights=False,
        extra="tensorboard",
        packages=("tensorboard",),
    ),
    "png": Format(words="curves, confusion matrix and filters", suffix=".png"),
    "svg": Format(words="the same as a drawing", suffix=".svg"),
    "html": Format(words="all there is to see, in one page", suffix=".html"),
    "model-card": Format(words="what others must know, in Markdown", suffix=".md"),
}


def require_packages(name: str) -> None:
    """Raises InputError if a package is missing, with the command that installs it."""
    wanted = FORMATS[name]
    for package in wanted.packages:
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f"{name} is written with {package}, which is not installed here: "
                f"pip install 'cnn-tui[{wanted.extra}]'"
            )


def output_path(run: Path, name: str, output: Path | None) -> Path:
    """Returns where an export goes: by default into this folder, by the run's id.

    TensorBoard takes the folder around a file for the name of a run.

    Raises:
        InputError: if that is a folder, or its folder is not there.
    """
    if output is None and name == "tensorboard":
        return Path("tensorboard", run.name, "events.out.tfevents.cnn-tui")
    path = output or Path(run.name + FORMATS[name].suffix)
    if path.is_dir():
        raise InputError(f"{printable(path)} is a folder: --output must name a file")
    if name == "tensorboard" and "tfevents" not in path.name:
        raise InputError(
            f'{printable(path)}: TensorBoard reads only files with "tfevents" in '
            "their names"
        )
    return path
