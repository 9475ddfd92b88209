"""How a sweep chooses and judges; the command line knows these before it needs more."""

from typing import Literal, get_args

Sampler = Literal["grid", "random", "tpe"]
Pruner = Literal["none", "median", "successive_halving"]
Metric = Literal["test/accuracy", "test/loss", "validation/accuracy", "validation/loss"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
PRUNERS: tuple[Pruner, ...] = get_args(Pruner)
METRICS: tuple[Metric, ...] = get_args(Metric)
