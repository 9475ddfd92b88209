"""A network as an ONNX file, checked by onnxruntime."""

import io
import logging
import warnings
from contextlib import redirect_stdout
from typing import Any

import torch

from cnn_tui.engine.export.graph import (
    INPUT,
    OUTPUTS,
    Graph,
    Written,
    check,
    exported,
    facts,
)
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.errors import InputError
from cnn_tui.text import mebibytes

_MOST_BYTES = 2**31 - 1
"""Of a protobuf message."""


def to_onnx(source: Source, weighed: Weighed) -> Written:
    """Returns one file: pictures as they are stored in, probabilities out.

    Raises:
        InputError: if the network is too large for one file.
        TrainingError: if onnxruntime finds something else in it than torch.
    """
    graph = Graph(weighed)
    model = _model(graph, source)
    for name, value in facts(source, weighed).items():
        model.metadata_props.add(key=name, value=value)
    if model.ByteSize() > _MOST_BYTES:
        raise InputError(
            f"the network takes {mebibytes(model.ByteSize())}, an ONNX file holds at "
            "most 2 GiB: use pt2 or safetensors"
        )
    data: bytes = model.SerializeToString()
    return Written(data=data, note=_checked(data, graph, source))


def _model(graph: Graph, source: Source) -> Any:
    """Returns the ModelProto; torch's own words about the way there go nowhere."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            exported(graph, source),
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


def _checked(data: bytes, graph: Graph, source: Source) -> str:
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return check(
        lambda images: session.run([OUTPUTS[1]], {INPUT: images})[0],
        graph,
        source,
        "onnxruntime",
    )
