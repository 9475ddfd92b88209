"""What a sweep is asked to do, and whether that can be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from cnn_tui.config import (
    RunConfig,
    Setting,
    apply_settings,
    parse_mapping,
    to_mapping,
)
from cnn_tui.config.study import Study
from cnn_tui.errors import ConfigError
from cnn_tui.sweeps.choices import Metric, Pruner, Sampler
from cnn_tui.sweeps.space import Space, Value, belongs, combinations, telling_values
from cnn_tui.text import printable

DEFAULT_TRIALS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a sweep is asked to do; ``make_plan`` checks that it can be done."""

    preset: str
    """Shown as what is trained."""
    config: RunConfig
    space: Space
    sampler: Sampler = "tpe"
    pruner: Pruner = "none"
    trials: int
    seeds: int = 1
    metric: Metric
    data_dir: str | None = None

    @property
    def is_maximized(self) -> bool:
        """Whether more of the metric is better."""
        return self.metric.endswith("accuracy")

    def trial_config(
        self, settings: Sequence[Setting], study: Study | None, place: int = 0
    ) -> RunConfig:
        """Returns the config of a run of a trial: that of its seed number ``place``.

        Raises:
            ConfigError: The values do not go together.
        """
        seed = ("training.seed", self.config.training.seed + place)
        mapping = apply_settings(to_mapping(self.config), [*settings, seed])
        config = parse_mapping(mapping, "the trial")
        return config.model_copy(update={"study": study})


def make_plan(
    *,
    preset: str,
    config: RunConfig,
    space: Space,
    trials: int | None,
    metric: Metric | None,
    sampler: Sampler = "tpe",
    pruner: Pruner = "none",
    seeds: int = 1,
    data_dir: str | None = None,
) -> Plan:
    """Returns a plan of which each value by itself can be tried.

    Without ``metric`` it is the accuracy of the validation set where there is one, else
    of the test set; without ``trials`` a grid is tried whole.

    Raises:
        ConfigError: naming the key and the value that no trial could have.
    """
    held_out = _holds_out(config)
    metric = metric or ("validation/accuracy" if held_out else "test/accuracy")
    if metric.startswith("validation") and not held_out:
        raise ConfigError(
            f"the metric {metric} needs images that are held out: "
            "set validation_images above 0, or take test/accuracy"
        )
    if sampler == "grid":
        whole = len(combinations(space))
        trials = min(trials or whole, whole)
    plan = Plan(
        preset=preset,
        config=config,
        space=space,
        sampler=sampler,
        pruner=pruner,
        trials=trials or DEFAULT_TRIALS,
        seeds=seeds,
        metric=metric,
        data_dir=data_dir,
    )
    _check_values(plan)
    return plan


def _holds_out(config: RunConfig) -> bool:
    dataset = config.dataset
    return dataset.validation_images > 0 or bool(dataset.validation_fraction)


def _check_values(plan: Plan) -> None:
    """Tries each value of each key: by itself, else with one of another key."""
    for key, dimension in plan.space.items():
        choice = f"{key.rpartition('.')[0]}.name"
        words = telling_values(plan.space[choice]) if choice in plan.space else ()
        if (
            choice != key
            and words
            and not any(belongs(key, {choice: w}) for w in words)
        ):
            raise ConfigError(
                f"--over {key}: none of {', '.join(map(str, words))} has this key"
            )
        for value in telling_values(dimension):
            _check_value(plan, key, value)


def _check_value(plan: Plan, key: str, value: Value) -> None:
    alone = [(key, value)]
    beside = (
        [(other, chosen), *alone]
        for other in plan.space
        if other != key
        for chosen in telling_values(plan.space[other])
        if belongs(key, {other: chosen})
    )
    if (first := _problem(plan, alone)) and all(_problem(plan, it) for it in beside):
        raise ConfigError(f"--over {printable(f'{key}={value}')}: {first}")


def _problem(plan: Plan, settings: Sequence[Setting]) -> str | None:
    try:
        plan.trial_config(settings, None)
    except ConfigError as error:
        return str(error).removeprefix("the trial: ")
    return None
