"""Where a run was forked from, as its config says."""

from typing import Annotated, Any

from pydantic import Field

from cnn_tui.config.values import MAX_STEPS, Part

Word = Annotated[str, Field(min_length=1, max_length=200)]


class Lineage(Part):
    """The run that a run goes on from, and what was changed there."""

    parent: Annotated[str, Field(max_length=200, pattern=r"^[^./\\][^/\\]*$")]
    """The id of the parent: a name in the same folder, never a path."""
    step: Annotated[int, Field(ge=0, le=MAX_STEPS)]
    """The updates of its past that are the parent's."""
    changed: Annotated[dict[Word, Any], Field(max_length=100, default_factory=dict)]
    """New values, by their full keys."""
    group: Word | None = None
    """What runs that were made to be compared with each other have in common."""
