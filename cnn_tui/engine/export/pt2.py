"""A network as a file of torch.export, read back and checked."""

import io

import torch

from cnn_tui.engine.export.graph import Graph, Written, check, exported, facts
from cnn_tui.engine.look.source import Source, Weighed


def to_pt2(source: Source, weighed: Weighed) -> Written:
    """Returns one file: pictures as they are stored in, probabilities out.

    What goes with it is in its ``extra_files``, by the names that ONNX has, too.

    Raises:
        TrainingError: if what is read back finds something else than torch.
    """
    graph, buffer = Graph(weighed), io.BytesIO()
    extra = facts(source, weighed)
    torch.export.save(exported(graph, source), buffer, extra_files=extra)
    read_back = torch.export.load(io.BytesIO(buffer.getvalue())).module()
    with torch.no_grad():
        note = check(
            lambda images: read_back(torch.from_numpy(images))[1].numpy(),
            graph,
            source,
            "the file read back",
        )
    return Written(data=buffer.getvalue(), note=note)
