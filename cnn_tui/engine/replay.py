"""Replay: what one update of the past saw and did, made again from a checkpoint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from cnn_tui.engine.actions import Evaluate
from cnn_tui.engine.augment import Batch
from cnn_tui.engine.environment import differences
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.network import Network, load_network
from cnn_tui.engine.numerics import is_inexact
from cnn_tui.engine.recorded import last_row_step, read_all, read_environment
from cnn_tui.engine.rerun import Comparison, begin, checkpoint_before
from cnn_tui.engine.session import Session
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import InputError
from cnn_tui.text import printable

Tell = Callable[[int, int], object]
"""Hears how many updates of how many are made; may raise to end it."""

_REPORT_STEPS = 100
"""Updates between two looks at their rows, which are on the device until then."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """An update, and what it made; all of it on the CPU."""

    step: int
    network: Network
    """With the weights after it that are evaluated: averaged ones, where there are."""
    images: Tensor
    """Its batch as it is stored, uint8 N×C×H×W."""
    inputs: Tensor
    """The same as the network took it: scaled and augmented, float32 N×C×H×W."""
    labels: Tensor
    """int64 N."""
    outputs: Tensor
    """The scores before it, N×classes."""
    losses: Tensor
    """The loss of each image before it, float32 N; their mean is that of its train row,
    but for class weights, with which that is a weighted one."""
    from_step: int
    """The checkpoint that it began at; 0 may be the seed."""
    not_exact: str | None
    """Why the run may have had other last digits; None if nothing speaks for that."""


def replay(
    run: Path,
    step: int,
    data_dir: Path | None,
    tell: Tell = lambda done, total: None,
) -> Replayed:
    """Makes the updates of a run up to ``step`` again, from the nearest checkpoint.

    Writes nothing into the run and takes no lock. ``tell`` hears how many updates of
    how many are made, and may raise to end it. It draws torch's random numbers: where
    this process may be training, ``replay_apart`` has to be used.

    Raises:
        InputError: if the run has no such update, or its data or device are not there.
    """
    reader = read_all(run)
    last = last_row_step(reader)
    if not 1 <= step <= last:
        raise InputError(
            f"{printable(run.name)} has no update {step:,}: it has done {last:,}"
        )
    checkpoint = checkpoint_before(run, reader.config_text(), step - 1)
    first = checkpoint.step if checkpoint else 0

    def loading(sentence: str) -> None:
        tell(0, step - first)

    do, comparison = begin(run, reader, checkpoint, data_dir, loading)
    go_to(do, step - 1, tell)
    with _watched(do.trainer) as (inputs, outputs):
        Session(do, Interrupts()).update()
    do.report()
    tell(step - first, step - first)
    reasons = reasons_against(run, do, comparison)
    return _replayed(do, first, torch.cat(inputs), torch.cat(outputs), reasons)


def go_to(do: Interpreter, step: int, tell: Tell, *, evaluates: bool = False) -> None:
    """Makes updates up to ``step``, and the edits up to there.

    Evaluations change nothing but what is the best so far, and take a while.
    """
    session, first = Session(do, Interrupts()), do.step
    while True:
        if do.step in do.state.plan.repeats or do.step % _REPORT_STEPS == 0:
            do.report()
            made = do.state.plan.repeats.pop(do.step, ())
            do.perform(it for it in made if evaluates or not isinstance(it, Evaluate))
        tell(do.step - first, step + 1 - first)
        if do.step == step:
            return
        session.update()


@contextmanager
def _watched(trainer: Trainer) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """Yields lists that get the inputs and the outputs of the model."""
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []

    def note(module: nn.Module, taken: tuple[Tensor], given: Tensor) -> None:
        inputs.append(taken[0].detach().clone())  # a layer may work in place
        outputs.append(given.detach().float())

    hook = trainer.model.register_forward_hook(note)
    try:
        yield inputs, outputs
    finally:
        hook.remove()


def _replayed(
    do: Interpreter, first: int, inputs: Tensor, outputs: Tensor, reasons: list[str]
) -> Replayed:
    trainer, step = do.trainer, do.step
    images = trainer.inputs.images(step)
    # Where the update was refused, the network was looked into once more.
    outputs = outputs[: len(images)]
    evaluated = trainer.evaluated.model.state_dict()
    weights = {name: value.cpu() for name, value in evaluated.items()}
    network = load_network(
        do.state.config, trainer.network.scaling, weights, torch.device("cpu")
    )
    return Replayed(
        step=step,
        network=network,
        images=images.images.cpu(),
        inputs=inputs[: len(images)].cpu(),
        labels=images.labels.cpu(),
        outputs=outputs.cpu(),
        losses=_losses(trainer, trainer.batch(step), outputs).cpu(),
        from_step=first,
        not_exact="; ".join(reasons) or None,
    )


def _losses(trainer: Trainer, batch: Batch, outputs: Tensor) -> Tensor:
    """Returns the loss of each image of a batch, N."""
    others = batch.other_labels
    alone = [
        replace(
            batch,
            labels=batch.labels[i : i + 1],
            other_labels=None if others is None else others[i : i + 1],
        )
        for i in range(len(outputs))
    ]
    return torch.stack(
        [
            one.loss(outputs[i : i + 1], trainer.loss_function)
            for i, one in enumerate(alone)
        ]
    )


def reasons_against(run: Path, do: Interpreter, comparison: Comparison) -> list[str]:
    """Returns what speaks against the same bits as in the run."""
    device = do.trainer.device
    reasons = differences(read_environment(run), do.state.config.dataset, device)
    if is_inexact(do.state.config.training, device):
        reasons.append("training.deterministic is false")
    if comparison.difference is not None:
        reasons.append(comparison.difference)
    return reasons
