"""Which sweep a run is a trial of, as its config says."""

from typing import Annotated

from pydantic import Field

from cnn_tui.config.values import MAX_STEPS, Part

STUDY_NAME = r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"


class Study(Part):
    """A trial of a study; the runs of one trial differ in the seed alone."""

    name: Annotated[str, Field(pattern=rf"^{STUDY_NAME}$")]
    """Of the folder of the study, beside the runs."""
    trial: Annotated[int, Field(ge=0, le=MAX_STEPS)]
    """Its number in the study."""
