"""A job: all that a run of the queue needs, in a file that a person may edit."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from cnn_tui.config import InvalidConfigError, RunConfig, to_mapping
from cnn_tui.config.problems import problems_of
from cnn_tui.config.values import Part
from cnn_tui.datasets.facts import data_folder
from cnn_tui.errors import ConfigError
from cnn_tui.host.process import absolute
from cnn_tui.io.files import open_regular, read_own
from cnn_tui.io.safe_yaml import MAX_BYTES, dump, load
from cnn_tui.text import printable

MOST_DEVICES = 64


class Job(Part):
    """A run that is asked for; ``config`` is a preset with every value spelt out.

    It is checked by whoever makes the job, and again when the run begins.
    """

    format: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=200)]
    preset: Annotated[str, Field(max_length=200)] | None = None
    devices: Annotated[int, Field(ge=1, le=MOST_DEVICES)] = 1
    """How many devices it trains on at once, a process on each."""
    data_dir: str | None = None
    reason: str | None = None
    """Why it was refused, where it was."""
    config: dict[str, Any]


def job_of(
    config: RunConfig,
    preset: str | None,
    name: str,
    data_dir: Path | None,
    devices: int = 1,
) -> Job:
    """Returns the job of a run; the data set is found from any folder then."""
    data = str(absolute(data_folder(data_dir)))
    mapping = to_mapping(config)
    return Job(name=name, preset=preset, devices=devices, data_dir=data, config=mapping)


def encode_job(job: Job) -> str:
    """Returns the text of a job's file."""
    return dump(job.model_dump(mode="json", exclude_none=True))


def read_job(path: Path) -> Job:
    """Reads a job; what its config says is not checked.

    Raises:
        ConfigError: if there is no such regular file of this user, or it is no job.
    """
    source = printable(path)
    document = load(read_content(path), source)
    try:
        return Job.model_validate(document.value)
    except ValidationError as error:
        found = [(document.line(p.path), p) for p in problems_of(error, Job)]
    raise InvalidConfigError([(f"{source}, line {line}", p) for line, p in found])


def read_content(path: Path) -> bytes:
    """Reads the file of a job, whatever is in it.

    Raises:
        ConfigError: if there is no such regular file of this user.
    """
    try:
        descriptor = open_regular(path)
        try:
            return read_own(descriptor, MAX_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigError(
            f"{printable(path)} cannot be read: {error.strerror}"
        ) from error
