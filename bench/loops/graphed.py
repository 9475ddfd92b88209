"""The bare loop as one CUDA graph: what the card can do if nobody launches kernels."""

import sys
from pathlib import Path

import torch
from torch.nn import functional as F

from bench.loops.bare import batches, begin
from bench.progress import StepLog

_WARM_UP = 3
"""Updates before the capture, on a stream of their own, as torch's manual asks for."""


def train(preset: Path, log: StepLog) -> None:
    """Trains a preset with plain SGD until the process is killed; whole batches only.

    The graph holds forward, backward and the step of the optimizer, captured by
    ``torch.cuda.graph``; a batch is copied into the tensors that it reads.
    """
    config, model, optimizer = begin(preset)
    source = batches(config)
    images, labels = (tensor.clone() for tensor in next(source))

    def update() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(F.cross_entropy(model(images), labels))
        optimizer.step()

    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(_WARM_UP):
            update()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        update()
    for next_images, next_labels in source:
        if len(next_labels) == len(labels):
            images.copy_(next_images)
            labels.copy_(next_labels)
            graph.replay()
            log.step()


if __name__ == "__main__":
    train(Path(sys.argv[1]), StepLog(Path(sys.argv[2])))
