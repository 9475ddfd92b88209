"""Runs that are still to begin: the queue, and the workers that begin them."""

from cnn_tui.jobs.job import Job, encode_job, job_of, read_job
from cnn_tui.jobs.presence import ensure_worker, is_at_work
from cnn_tui.jobs.queue import (
    Place,
    QueuedJob,
    add_job,
    cancel_job,
    find_job,
    meant,
    move_job,
    pause_queue,
    position_of,
    read_claimed,
    read_queue,
    read_refused,
    reserve_for_cluster,
    restore_job,
    resume_queue,
)
from cnn_tui.jobs.worker import work

__all__ = [
    "Job",
    "Place",
    "QueuedJob",
    "add_job",
    "cancel_job",
    "encode_job",
    "ensure_worker",
    "find_job",
    "is_at_work",
    "job_of",
    "meant",
    "move_job",
    "pause_queue",
    "position_of",
    "read_claimed",
    "read_job",
    "read_queue",
    "read_refused",
    "reserve_for_cluster",
    "restore_job",
    "resume_queue",
    "work",
]
