"""``cnn-tui queue``: runs that begin when a device is free for them."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from click.shell_completion import CompletionItem

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    OTHER_IMAGES,
    data_dir_option,
    dataset_option,
    device_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
    settings_option,
)

if TYPE_CHECKING:
    from cnn_tui.jobs import Place, QueuedJob


def _ids(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from cnn_tui.runs.layout import runs_folder
    from cnn_tui.runs.queued import queued_ids

    given = ctx.params.get("runs_dir")
    ids = sorted(queued_ids(runs_folder(Path(given) if given else None)))
    return [CompletionItem(name) for name in ids if name.startswith(incomplete)]


_run_argument = click.argument("run", shell_complete=_ids)


@click.group(
    short_help="List and change what waits for a free device.",
    invoke_without_command=True,
)
@runs_dir_option
@json_option
@click.pass_context
def queue(ctx: click.Context, runs_dir: Path, as_json: bool) -> None:
    """List the queue: runs that begin, in their order, when a device is free.

    Its files, below .queue in the folder of the runs, may be edited by hand.
    """
    if ctx.invoked_subcommand is not None:
        return
    from cnn_tui.jobs import is_at_work, read_claimed, read_queue, read_refused
    from cnn_tui.runs.queued import is_paused
    from cnn_tui.text import printable

    jobs = [*read_claimed(runs_dir), *read_queue(runs_dir), *read_refused(runs_dir)]
    facts = [_facts(runs_dir, job) for job in jobs]
    paused, at_work = is_paused(runs_dir), is_at_work(runs_dir)
    if as_json:
        echo_json({"paused": paused, "worker": at_work, "jobs": facts})
        return
    width = max((len(printable(job.run_id)) for job in jobs), default=0)
    for job, fact in zip(jobs, facts, strict=True):
        parts = [f"{printable(job.run_id):{width}}", f"{fact['position'] or '':>4}"]
        parts += [printable(f"{fact['state']:<11}"), printable(fact["device"] or "")]
        echo("  ".join([*parts, printable(job.problem or "")]).rstrip())
    if not jobs:
        echo(f"nothing waits in {printable(runs_dir)}")
    if paused:
        echo("the queue is paused; go on with: cnn-tui queue resume")
    elif jobs and not at_work:
        echo("no worker is there; start one with: cnn-tui work")


@queue.command(short_help="Let a run begin when a device is free.")
@click.argument("preset", metavar="PRESET_OR_FILE", shell_complete=completing.presets)
@settings_option("Change a value: --set lr=0.05 --set training.batch_size=64.")
@dataset_option(OTHER_IMAGES)
@device_option
@click.option(
    "--devices",
    type=click.IntRange(1, 64),
    default=1,
    help="Train on so many devices at once, in a process for each.",
)
@click.option("--name", help="The name of the run.  [default: that of the preset]")
@click.option("--front", is_flag=True, help="Before all others.")
@click.option("--no-start", is_flag=True, help="Start no worker if there is none.")
@runs_dir_option
@data_dir_option
@json_option
def add(
    preset: str,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    devices: int,
    name: str | None,
    front: bool,
    no_start: bool,
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Put a run of a preset, or of a preset file, into the queue.

    A worker is started in the background if there is none; it takes the GPUs that
    nobody uses, or the CPU where there is no GPU: see cnn-tui work.
    """
    from cnn_tui.cli.train import configured
    from cnn_tui.config.processes import for_processes
    from cnn_tui.host.logout import logout_warning
    from cnn_tui.jobs import add_job, ensure_worker, job_of, position_of

    chosen, config = configured(preset, settings, dataset, device)
    for_processes(config, devices, devices)  # which says if it cannot be shared
    job = job_of(config, chosen.name, name or chosen.name, data_dir, devices)
    run_id = add_job(runs_dir, job, at_front=front)
    position = position_of(runs_dir, run_id)
    is_started = not no_start and ensure_worker(runs_dir)
    if as_json:
        echo_json({"run": str(runs_dir / run_id), "position": position})
        return
    echo(f"{run_id} is number {position} in the queue" if position else run_id)
    if is_started and (warning := logout_warning()):
        echo(f"But {warning}")


@queue.command(short_help="Move a run that waits.")
@_run_argument
@click.argument("to", type=click.Choice(["up", "down", "front", "back"]))
@runs_dir_option
def move(run: str, to: str, runs_dir: Path) -> None:
    """Move RUN by one place up or down, to the front, or to the back."""
    from cnn_tui.jobs import meant, move_job
    from cnn_tui.runs.queued import waiting

    run_id = meant(waiting(runs_dir), run)
    position = move_job(runs_dir, run_id, cast("Place", to))
    echo(f"{run_id} is number {position} in the queue")


@queue.command(short_help="Take a run that waits out of the queue.")
@_run_argument
@runs_dir_option
def cancel(run: str, runs_dir: Path) -> None:
    """Take RUN out of the queue: one that waits, or that was refused.

    One that trains is stopped with cnn-tui send RUN stop.
    """
    from cnn_tui.jobs import cancel_job, meant
    from cnn_tui.runs.queued import refused, waiting

    run_id = meant([*waiting(runs_dir), *refused(runs_dir)], run)
    cancel_job(runs_dir, run_id)
    echo(f"{run_id} is cancelled")


@queue.command(short_help="Let nothing begin for now.")
@runs_dir_option
def pause(runs_dir: Path) -> None:
    """Let no further run begin; those that train go on."""
    from cnn_tui.jobs import pause_queue

    pause_queue(runs_dir)
    echo("the queue is paused")


@queue.command(short_help="Let runs begin again.")
@runs_dir_option
def resume(runs_dir: Path) -> None:
    """Let runs begin again; a worker is started if there is none."""
    from cnn_tui.jobs import ensure_worker, resume_queue
    from cnn_tui.runs.queued import waiting

    resume_queue(runs_dir)
    if waiting(runs_dir):
        ensure_worker(runs_dir)
    echo("the queue goes on")


def _facts(runs_dir: Path, job: "QueuedJob") -> dict[str, object]:
    """Returns what is shown of a job: of one that has begun, the state of its run."""
    from cnn_tui.errors import RunDirectoryError
    from cnn_tui.runs.status import read_status

    try:
        status = read_status(runs_dir / job.run_id)
    except RunDirectoryError:
        status = None
    has_begun = job.state == "claimed" and status is not None
    return {
        "id": job.run_id,
        "state": status.state if has_begun and status else job.state,
        "position": job.position,
        "device": status.device if has_begun and status else None,
        "preset": job.job.preset if job.job else None,
        "problem": job.problem,
        "file": str(job.path),
    }
