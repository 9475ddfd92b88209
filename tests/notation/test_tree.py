"""A net as a tree."""

from cnn_tui.notation.tree import tree_lines
from tests.engine.making import make_config


def test_a_residual_is_a_branch_with_its_projection() -> None:
    halving = {"out_channels": 8, "kernel_size": 3, "stride": 2, "padding": 1}
    config = make_config(
        [
            {"residual": [{"conv2d": halving}, {"residual": ["tanh"]}]},
            "flatten",
            {"residual": ["relu"]},
            {"linear": {"out_features": "classes"}},
        ]
    )
    step = "1×1 convolution of x with stride 2"
    assert list(tree_lines(config)) == [
        "input 1×28×28",
        f"├─ 1 residual: layers(x) + {step} → 8×14×14 · 8 parameters",
        "│  ├─ 1.1 conv2d 8, 3×3, stride 2 → 8×14×14 · 80 parameters",
        "│  └─ 1.2 residual: layers(x) + x",
        "│     └─ 1.2.1 tanh",
        "├─ 2 flatten → 1568",
        "├─ 3 residual: layers(x) + x",
        "│  └─ 3.1 relu",
        "└─ 4 linear 10 → 10 · 15,690 parameters",
        "15,778 parameters, 31.4 k multiply-adds per image",
    ]
