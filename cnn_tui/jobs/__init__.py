"""Runs that are still to begin: the queue, and the workers that begin them."""

from cnn_tui.jobs.job import Job, read_job
from cnn_tui.jobs.queue import (
    Place,
    QueuedJob,
    add_job,
    cancel_job,
    move_job,
    pause_queue,
    read_claimed,
    read_queue,
    read_refused,
    reserve_for_cluster,
    resume_queue,
)

__all__ = [
    "Job",
    "Place",
    "QueuedJob",
    "add_job",
    "cancel_job",
    "move_job",
    "pause_queue",
    "read_claimed",
    "read_job",
    "read_queue",
    "read_refused",
    "reserve_for_cluster",
    "resume_queue",
]
