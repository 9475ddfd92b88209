"""``cnn-tui show``: the layers and hyperparameters of a preset, a file or a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnn_tui.cli import completing
from cnn_tui.cli.meant import run_meant
from cnn_tui.cli.options import echo, echo_json, json_option, runs_dir_option

if TYPE_CHECKING:
    from cnn_tui.config import RunConfig
    from cnn_tui.layers import LayerRow, Stage
    from cnn_tui.runs.config import Foreign


@click.command(short_help="Show layers, sizes and hyperparameters.")
@click.argument(
    "what", metavar="PRESET_OR_FILE_OR_RUN", shell_complete=completing.presets_and_runs
)
@runs_dir_option
@json_option
@click.option("--tree", is_flag=True, help="Print the net as a tree.")
@click.option(
    "--code",
    is_flag=True,
    help="Print a Python file with the net as a torch module, which loads the run's "
    "model.safetensors without cnn-tui.",
)
def show(what: str, runs_dir: Path, as_json: bool, tree: bool, code: bool) -> None:
    """Show the layer table with its formulas, and the hyperparameters.

    For a run, its results as well. Of a run of another program, its values.
    """
    from cnn_tui.cli import results
    from cnn_tui.errors import InputError
    from cnn_tui.runs.config import Foreign

    if as_json + tree + code > 1:
        raise InputError("give one of --json, --tree and --code")
    config, run = _find(what, runs_dir)
    if tree or code:
        echo(_drawn(config, run, as_tree=tree))
        return
    facts = _foreign_facts(config) if isinstance(config, Foreign) else _facts(config)
    status = None if run is None else results.read(run)
    if as_json:
        if run is not None and status is not None:
            facts["results"] = results.as_json(run, status)
        echo_json(facts)
        return
    if isinstance(config, Foreign):
        _print_values(facts, ("source", "values"))
    else:
        _print(config, facts)
    if run is not None and status is not None:
        echo()
        for name, value in results.in_words(run, status):
            _print_pair(name, value)


def _find(what: str, runs_dir: Path) -> "tuple[RunConfig | Foreign, Path | None]":
    """Returns a config, and the run it belongs to if it does."""
    from cnn_tui.presets.files import find_preset
    from cnn_tui.presets.read import read_preset
    from cnn_tui.runs.config import read_config, read_foreign

    run = run_meant(what, runs_dir)
    if run is None:
        return read_preset(find_preset(what)).config, None
    return read_foreign(run) or read_config(run), run


def _facts(config: "RunConfig") -> dict[str, Any]:
    from cnn_tui.config import layer_table, to_mapping
    from cnn_tui.layers import stages

    table, mapping, facts = (
        layer_table(config),
        to_mapping(config),
        config.dataset.facts,
    )
    placed = stages(config.model.layers, facts.input_shape, facts.classes)
    return {
        "title": config.title,
        "description": config.description,
        "parameters": table.parameters,
        "multiply_adds": table.multiply_adds,
        "activations": table.activations,
        "input_shape": table.input_shape,
        "classes": facts.class_names,
        "layers": list(map(_layer, table.rows, placed)),
        "model": mapping["model"],
        "dataset": mapping["dataset"],
        "training": mapping["training"],
        "total_steps": config.total_steps,
        "steps_per_epoch": config.steps_per_epoch,
    }


def _drawn(config: "RunConfig | Foreign", run: Path | None, *, as_tree: bool) -> str:
    """Returns the net as a tree, or as code; raises ForeignRunError without one."""
    from cnn_tui.errors import ForeignRunError
    from cnn_tui.notation.code import torch_code
    from cnn_tui.notation.tree import tree_lines
    from cnn_tui.runs.config import Foreign

    if isinstance(config, Foreign):
        raise ForeignRunError(config.has_no_network(run or Path()))
    return "\n".join(tree_lines(config)) if as_tree else torch_code(config).rstrip()


def _foreign_facts(foreign: "Foreign") -> dict[str, Any]:
    return {"source": dict(foreign.source), "values": dict(foreign.values)}


def _layer(row: "LayerRow", stage: "Stage") -> dict[str, Any]:
    return {
        "number": row.number,
        "layer": row.summary,
        "type": row.type,
        "module": stage.path,
        "input_shape": row.input_shape,
        "output_shape": row.output_shape,
        "formula": row.formula,
        "parameter_shapes": row.parameter_shapes,
        "parameters": row.parameters,
        "multiply_adds": row.multiply_adds,
        "activations": row.activations,
        "receptive_field": row.receptive_field,
    }


def _print(config: "RunConfig", facts: dict[str, Any]) -> None:
    from cnn_tui.text import printable, quantity

    for text in filter(None, (config.title, config.description)):
        echo(printable(text))
    echo()
    for line in _table_lines(facts):
        echo(line)
    macs = quantity(facts["multiply_adds"])
    echo(f"\n{facts['parameters']:,} parameters, {macs} multiply-adds per image")
    iterations, per_epoch = config.total_steps, config.steps_per_epoch
    epochs = f"{iterations / per_epoch:.2f}".rstrip("0").rstrip(".")
    noun = "epoch" if epochs == "1" else "epochs"
    echo(f"{iterations:,} iterations: {epochs} {noun} of {per_epoch:,} updates\n")
    _print_values(facts, ("dataset", "training"))


def _print_values(facts: dict[str, Any], sections: tuple[str, ...]) -> None:
    from cnn_tui.cli.results import value_in_words
    from cnn_tui.text import printable

    for section in sections:
        for key, value in facts[section].items():
            _print_pair(printable(f"{section}.{key}"), value_in_words(value))


def _print_pair(name: str, value: str) -> None:
    echo(f"{name:<28} {value}")


def _table_lines(facts: dict[str, Any]) -> list[str]:
    from cnn_tui.text import count, quantity, shape

    header = ("#", "layer", "output", "parameters", "weights", "MACs", "sees", "size")
    first = ("0", "input", shape(facts["input_shape"]), "", "", "", "", "")
    rows = [
        (
            layer["number"],
            "  " * layer["number"].count(".") + layer["layer"],
            shape(layer["output_shape"]),
            count(layer["parameters"]) if layer["parameters"] else "",
            " ".join(str(list(sizes)) for sizes in layer["parameter_shapes"]),
            quantity(layer["multiply_adds"]) if layer["multiply_adds"] else "",
            shape(layer["receptive_field"]),
            layer["formula"] or "",
        )
        for layer in facts["layers"]
    ]
    return _aligned([header, first, *rows], right={3, 5, 6})


def _aligned(rows: list[tuple[str, ...]], right: set[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
