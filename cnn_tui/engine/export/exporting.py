"""One run, one format, one file; torch is imported only where it is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.export.charts import whole_drawing
from cnn_tui.export.drawing import to_png, to_svg
from cnn_tui.export.formats import FORMATS, output_path, require_packages
from cnn_tui.export.html import page
from cnn_tui.export.model_card import model_card
from cnn_tui.export.rows import write_csv, write_json, write_parquet
from cnn_tui.export.story import Story
from cnn_tui.export.tensorboard import write_tensorboard
from cnn_tui.io.files import new_file
from cnn_tui.look.messages import Moment
from cnn_tui.text import printable

if TYPE_CHECKING:
    from cnn_tui.engine.export.graph import Written
    from cnn_tui.engine.look.source import Source, Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is asked for; ``output`` has a default, and so has ``moment``."""

    run: Path
    format: str
    output: Path | None = None
    moment: Moment | None = None
    data_dir: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it."""

    path: Path
    size_bytes: int
    note: str


_TABLES: dict[str, Callable[[Path, BinaryIO], None]] = {
    "csv": write_csv,
    "json": write_json,
    "parquet": write_parquet,
    "tensorboard": write_tensorboard,
}
_TOLD: dict[str, Callable[[Story], bytes]] = {
    "png": lambda story: to_png(whole_drawing(story)),
    "svg": lambda story: to_svg(whole_drawing(story)).encode(),
    "html": lambda story: page(story).encode(),
    "model-card": lambda story: model_card(story).encode(),
}


def export(asked: Export, tell: Tell = nobody) -> Done:
    """Writes the file, whole or not at all; ``tell`` hears what is being done.

    Raises:
        InputError: if there is a file already, a package is missing, or the run lacks
            what the format takes.
        TrainingError: if what was made does not do what torch does.
    """
    require_packages(asked.format)
    path = output_path(asked.run, asked.format, asked.output)
    try:
        if asked.format == "tensorboard":  # the folder is the run's name there
            path.parent.mkdir(parents=True, exist_ok=True)
        with new_file(path, overwrite=asked.overwrite) as file:
            note = _write(asked, file, tell)
            file.flush()
            size_bytes = file.tell()
    except FileExistsError as error:
        raise InputError(
            f"{printable(path)} is there already: give another --output, or --force"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{printable(path)} cannot be written: {reason}") from error
    return Done(path=path, size_bytes=size_bytes, note=note)


def _write(asked: Export, file: BinaryIO, tell: Tell) -> str:
    """Writes the content; returns what is to be said of it."""
    tell(f"writing {FORMATS[asked.format].words}")
    if asked.format in _TABLES:
        _TABLES[asked.format](asked.run, file)
        return ""
    from cnn_tui.engine.look.source import Source

    source = Source(asked.run, asked.data_dir)
    weighed = _weights(source, asked.moment)
    if asked.format in _TOLD:
        from cnn_tui.engine.export.telling import story_of

        story = story_of(source, weighed, tell)
        file.write(_TOLD[asked.format](story))
        return "; ".join((f"weights after update {weighed.step:,}", *story.notes))
    written = _network(asked.format, source, weighed)
    file.write(written.data)
    return written.note


def _weights(source: "Source", moment: Moment | None) -> "Weighed":
    """Returns the weights asked for; untrained ones only where they are meant."""
    from cnn_tui.engine.look.predict import weights_for

    weighed = weights_for(source, moment)
    if weighed.step == 0 and moment != 0:
        raise RunDirectoryError(
            f"{printable(source.run.name)} has no checkpoint of a trained network; "
            "--checkpoint 0 is the network before the first update"
        )
    return weighed


def _network(kind: str, source: "Source", weighed: "Weighed") -> "Written":
    from cnn_tui.engine.export.graph import Written
    from cnn_tui.engine.export.onnx import to_onnx
    from cnn_tui.engine.export.pt2 import to_pt2
    from cnn_tui.engine.network import to_safetensors

    at = f"weights after update {weighed.step:,}"
    if kind == "safetensors":
        data = to_safetensors(weighed.network, source.config, weighed.step)
        return Written(data=data, note=at)
    written = {"onnx": to_onnx, "pt2": to_pt2}[kind](source, weighed)
    return Written(data=written.data, note=f"{at}; {written.note}")
