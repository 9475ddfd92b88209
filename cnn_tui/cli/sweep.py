"""``cnn-tui sweep``: many runs over a space of values, and what came of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.options import (
    OTHER_IMAGES,
    Marker,
    data_dir_option,
    dataset_option,
    echo,
    echo_json,
    json_option,
    marker_option,
    pictures_option,
    require_terminal,
    runs_dir_option,
    settings_option,
)
from cnn_tui.sweeps.choices import METRICS, PRUNERS, SAMPLERS

if TYPE_CHECKING:
    from cnn_tui.sweeps.files import SweepFolder
    from cnn_tui.sweeps.overview import Overview
    from cnn_tui.sweeps.plan import Plan


@click.command(short_help="Try values of a model, many runs at once, and compare them.")
@click.argument("what", metavar="PRESET_OR_FILE_OR_SWEEP", required=False)
@click.option(
    "--over",
    multiple=True,
    metavar="KEY=VALUES",
    shell_complete=completing.settings,
    help="What is tried: lr=0.01..0.3:log, batch_size=32..256:32, optimizer=sgd,adam.",
)
@settings_option("Change a value for all of them: --set iterations=1000.")
@dataset_option(OTHER_IMAGES)
@click.option("--trials", metavar="N|+N", help="How many values are tried.  [30]")
@click.option("--seeds", type=click.IntRange(1, 1000), help="Runs of each.  [1]")
@click.option("--sampler", type=click.Choice(SAMPLERS), help="How they are chosen.")
@click.option("--pruner", type=click.Choice(PRUNERS), help="How bad ones are ended.")
@click.option("--metric", type=click.Choice(METRICS), help="What is to be best.")
@click.option("--name", help="The name of the sweep.  [default: that of the preset]")
@click.option("--stop", is_flag=True, help="Try nothing new; what trains goes on.")
@click.option("--watch", is_flag=True, help="Open its screen.")
@click.option("--no-start", is_flag=True, help="Start no worker in the background.")
@runs_dir_option
@data_dir_option
@marker_option
@pictures_option
@json_option
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    what: str | None,
    runs_dir: Path,
    as_json: bool,
    watch: bool,
    stop: bool,
    marker: Marker,
    pictures: str,
    **options: Any,
) -> None:
    """Begin a sweep of a preset, or of a file like .sweeps/NAME/sweep.yaml; show one.

    \b
    cnn-tui sweep model-c --over lr=0.01..0.3:log --over optimizer=sgd,adam --seeds 3
    cnn-tui sweep NAME                  the best trials, and what matters
    cnn-tui sweep NAME --trials +20     goes on
    cnn-tui sweep                       all sweeps

    Each trial is a run for each seed, in the queue like any other. A key that only
    some choices have, as a momentum, belongs to the trials with one of these.
    """
    if what is None:
        _list(runs_dir, as_json=as_json)
        return
    made = _begun(what, runs_dir, options) or _changed(what, runs_dir, stop, options)
    if watch:
        require_terminal(f"cnn-tui sweep {made.name}")
        from cnn_tui.ui.launch import run_app

        code = run_app(
            runs_folder=runs_dir,
            data_dir=options["data_dir"],
            marker=marker,
            pictures=pictures,
            open_sweep=made.name,
        )
        ctx.exit(code)
    _show(made, as_json=as_json)


def _begun(what: str, runs_dir: Path, options: dict[str, Any]) -> "SweepFolder | None":
    """Begins a sweep of a preset or a file; None where neither is meant."""
    from cnn_tui.sweeps import control

    if options["over"]:
        plan = _plan(what, options)
        name = options["name"] or f"{plan.preset}-sweep"
    elif what.endswith((".yaml", ".yml")):
        plan = _plan_of_file(Path(what), options)
        name = options["name"] or Path(what).stem
    else:
        return None
    made = control.begin(plan, name, runs_dir)
    _see_to_a_worker(runs_dir, options)
    return made


def _plan(what: str, options: dict[str, Any]) -> "Plan":
    from cnn_tui.cli.train import configured
    from cnn_tui.sweeps.plan import make_plan
    from cnn_tui.sweeps.space import parse_space

    chosen, config = configured(what, options["settings"], options["dataset"], None)
    return make_plan(
        preset=chosen.name,
        config=config,
        space=parse_space(options["over"]),
        trials=_number(options["trials"]),
        metric=options["metric"],
        sampler=options["sampler"] or "tpe",
        pruner=options["pruner"] or "none",
        seeds=options["seeds"] or 1,
        data_dir=_absolute(options["data_dir"]),
    )


def _plan_of_file(path: Path, options: dict[str, Any]) -> "Plan":
    """Reads a file; it says all but where the data are and what the sweep is called."""
    from dataclasses import replace

    from cnn_tui.errors import InputError
    from cnn_tui.sweeps.files import read_plan

    own = ("settings", "dataset", "trials", "seeds", "sampler", "pruner", "metric")
    if given := next((name for name in own if options[name]), None):
        word = "set" if given == "settings" else given
        raise InputError(f"--{word}: {path.name} says that, change it there")
    plan = read_plan(path)
    return replace(plan, data_dir=plan.data_dir or _absolute(options["data_dir"]))


def _changed(
    name: str, runs_dir: Path, stop: bool, options: dict[str, Any]
) -> "SweepFolder":
    """Finds a sweep, and stops or extends it where that is asked for."""
    from cnn_tui.errors import InputError
    from cnn_tui.sweeps import control
    from cnn_tui.sweeps.files import find_sweep

    found = find_sweep(name, runs_dir)
    only_new = ("settings", "dataset", "seeds", "sampler", "pruner", "metric", "name")
    if given := next((key for key in only_new if options[key]), None):
        word = "set" if given == "settings" else given
        raise InputError(f"--{word} is for a new sweep, which needs --over KEY=VALUES")
    if stop:
        control.stop(found)
    elif options["trials"]:
        control.extend(found, options["trials"])
        _see_to_a_worker(runs_dir, options)
    return found


def _see_to_a_worker(runs_dir: Path, options: dict[str, Any]) -> None:
    """Starts a worker in the background, unless one lives or none is wanted."""
    from cnn_tui.jobs import ensure_worker

    if not options["no_start"]:
        ensure_worker(runs_dir)


def _number(trials: str | None) -> int | None:
    from cnn_tui.errors import InputError
    from cnn_tui.text import printable

    if trials is None:
        return None
    if not trials.isdecimal() or not 1 <= int(trials[:8]) <= 10**6:
        raise InputError(
            f"--trials {printable(trials)}: must be a whole number from 1 to 1,000,000"
        )
    return int(trials)


def _absolute(data_dir: Path | None) -> str | None:
    from cnn_tui.host.process import absolute

    return (
        None if data_dir is None else str(absolute(Path(os.path.expanduser(data_dir))))
    )


def _list(runs_dir: Path, *, as_json: bool) -> None:
    from cnn_tui.errors import ConfigError, RunDirectoryError
    from cnn_tui.sweeps.files import list_sweeps
    from cnn_tui.sweeps.overview import SweepReader
    from cnn_tui.text import printable

    facts, lines = [], []
    for each in list_sweeps(runs_dir):
        try:
            found = SweepReader(each).read()
        except (ConfigError, RunDirectoryError) as error:  # the others are whole
            facts.append({"name": each.name, "problem": str(error)})
            lines.append(f"{each.name} · {error}")
        else:
            facts.append(_as_json(found))
            lines.append(_line(found))
    if as_json:
        echo_json(facts)
        return
    for line in lines or [f"no sweeps in {printable(runs_dir)} yet"]:
        echo(line)


def _show(made: "SweepFolder", *, as_json: bool) -> None:
    from cnn_tui.sweeps.overview import SweepReader

    found = SweepReader(made).read()
    if as_json:
        echo_json(_as_json(found))
        return
    from cnn_tui.ui.glyphs import GLYPHS
    from cnn_tui.ui.sweep_lines import importance_lines, trial_lines

    echo(_line(found))
    glyphs = GLYPHS["braille"]
    head, lines = trial_lines(found, found.sorted(), glyphs)
    for line in (head, *lines) if lines else ():
        echo(line.plain.rstrip())
    echo("importance")
    for line in importance_lines(found, glyphs):
        echo(f"  {line.plain.rstrip()}")


def _line(found: "Overview") -> str:
    from cnn_tui.ui.sweep_lines import title

    return title(found).plain.removeprefix("Sweep · ")


def _as_json(found: "Overview") -> dict[str, Any]:
    from dataclasses import asdict

    plan = found.plan
    return {
        "name": found.sweep.name,
        "path": str(found.sweep.path),
        "state": found.state,
        "metric": plan.metric,
        "trials": plan.trials,
        "seeds": plan.seeds,
        "best": found.best.number if found.best else None,
        "importance": found.importances,
        "asked": [asdict(trial) for trial in found.trials],
    }
