"""What training does on a GPU, as far as it can be seen without one."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from cnn_tui.config import RunConfig
from cnn_tui.engine import evaluate as evaluate_module
from cnn_tui.engine import inputs as inputs_module
from cnn_tui.engine import trainer as trainer_module
from cnn_tui.engine.batches import Batches, Feed, batches_ahead
from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import is_out_of_memory, pick_device, why_unused
from cnn_tui.engine.evaluate import evaluate
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import new_network
from cnn_tui.engine.numerics import decided, is_inexact, set_numerics
from cnn_tui.engine.optimizers import make_loss
from cnn_tui.engine.start import reason_of
from cnn_tui.engine.team import Team
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import DeviceBusyError, DeviceError, TrainingError
from cnn_tui.host import nvml
from cnn_tui.host.gpu_sample import GpuSample
from tests.engine.making import (
    RANDOM,
    TINY,
    losses,
    make_config,
    make_trainer,
    move,
    same,
)

CPU, CUDA, MPS = torch.device("cpu"), torch.device("cuda:0"), torch.device("mps")
MODEL_A: list[Any] = [
    {"conv2d": {"out_channels": 16, "kernel_size": 5, "padding": "same"}},
    "relu",
    {"max_pool2d": {"kernel_size": 2}},
    {"conv2d": {"out_channels": 32, "kernel_size": 5, "padding": "same"}},
    "relu",
    {"max_pool2d": {"kernel_size": 2}},
    "flatten",
    {"linear": {"out_features": "classes"}},
]
WAITS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "_to_copy")
"""What makes the host wait for a device, or copies from it."""


class Dispatched(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operators that are called."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(
        self, function: Any, types: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        self.counts[str(function).split(".")[1]] += 1
        return function(*arguments, **(keywords or {}))


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains on the CPU as on CUDA: fused, gated, batches made ahead."""
    monkeypatch.setattr(trainer_module, "can_fuse", lambda config, device: True)
    monkeypatch.setattr(inputs_module, "batches_ahead", lambda *arguments: 4)


def dispatched(trainer: Trainer) -> Counter[str]:
    """Returns the operators of an update that is not checked."""
    for _ in range(5):
        assert trainer.update()
    assert not trainer.checks_each_update
    mode = Dispatched()
    with mode:
        trainer.update()
    return mode.counts


@pytest.mark.usefixtures("gated")
@pytest.mark.parametrize("layers", [MODEL_A, RANDOM])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_update_never_waits_for_the_device(
    layers: Any, optimizer: str, splits: Splits
) -> None:
    config = make_config(layers, optimizer=optimizer, clip_grad_norm=1.0)
    found = dispatched(make_trainer(config, splits))
    assert [name for name in found if name in WAITS] == []


EVERYTHING: dict[str, Any] = {
    "ema_decay": 0.99,
    "gradient_accumulation": 3,
    "drop_last": True,
    "loss": {"class_weights": "balanced", "label_smoothing": 0.1},
    "optimizer": {"weight_decay": 0.01, "decay_norms_and_biases": False},
}


@pytest.mark.usefixtures("gated")
@pytest.mark.parametrize("mixup", [0.0, 0.2])
def test_an_update_with_everything_never_waits_either(
    mixup: float, splits: Splits
) -> None:
    dataset = {"augmentation": {"mixup": mixup}}
    found = dispatched(make_trainer(make_config(RANDOM, dataset, **EVERYTHING), splits))
    assert [name for name in found if name in WAITS] == []
    assert found["_foreach_sub"] == found["_foreach_mul_"] == 1  # it follows


@pytest.mark.usefixtures("gated")
def test_what_is_off_costs_no_operator(splits: Splits) -> None:
    plain = dispatched(make_trainer(make_config(MODEL_A), splits))
    averaged = dispatched(make_trainer(make_config(MODEL_A, ema_decay=0.99), splits))
    more = {"_foreach_sub": 1, "_foreach_mul_": 1, "_foreach_add_": 1}
    assert plain == dispatched(
        make_trainer(make_config(MODEL_A, gradient_accumulation=1), splits)
    )
    assert (averaged - plain) == Counter(more | {"rsub": 1, "mul_": 1})
    assert not plain - averaged


@pytest.mark.usefixtures("gated")
def test_an_update_costs_few_operators_beside_the_net(splits: Splits) -> None:
    trainer = make_trainer(make_config(MODEL_A), splits)
    found = dispatched(trainer)
    batch = trainer.batch(1)
    inputs, labels = batch.inputs, batch.labels
    net = Dispatched()
    with net:
        loss = trainer.loss_function(trainer.network.outputs(inputs), labels)
        torch.autograd.backward(loss)
    beside = found - net.counts
    assert beside.total() <= 24  # 9 of them detach and compute nothing


@pytest.mark.usefixtures("gated")
def test_batches_made_ahead_are_the_same_bit_for_bit(
    splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_config(TINY, iterations=40)
    ahead = make_trainer(config, splits)
    monkeypatch.setattr(inputs_module, "batches_ahead", lambda *arguments: 1)
    assert losses(ahead, 25) == losses(make_trainer(config, splits), 25)


def test_as_many_batches_are_made_as_an_epoch_or_the_memory_has() -> None:
    images = Images(
        images=torch.arange(50, dtype=torch.uint8).reshape(10, 1, 1, 5),
        labels=torch.arange(10),
    )
    batches = Batches(images, 3, 7)
    made: list[int] = []

    def prepare(chosen: Tensor) -> Tensor:
        made.append(len(chosen))
        return chosen.float()

    feed = Feed(batches, prepare, ahead=3)
    for step in (1, 2, 3, 4, 5, 2):
        inputs, labels = feed.batch(step)
        assert torch.equal(inputs[:, 0, 0, 0], labels * 5.0)
        assert torch.equal(labels, batches.batches(step).labels)
    assert made == [9, 1, 9, 7]
    assert batches_ahead(100, 784, CPU) == 1
    assert batches_ahead(100, 784, CUDA) == 2**28 // (100 * 784 * 4)
    assert batches_ahead(10**6, 784, CUDA) == 1


@pytest.mark.parametrize("normalize", ["none", "mean_std"])
def test_all_of_a_batch_is_on_the_gpu(normalize: str, splits: Splits) -> None:
    config = make_config(RANDOM, {"normalize": normalize})
    network, _ = new_network(config, splits.scaling, CPU)
    with FakeTensorMode():
        move(network.model, CUDA)
        images = Images(
            images=torch.empty(500, 1, 28, 28, dtype=torch.uint8, device=CUDA),
            labels=torch.empty(500, dtype=torch.int64, device=CUDA),
        )
        order = torch.empty(50, dtype=torch.int64, device=CUDA)
        batch = images.subset(order)
        outputs = network(batch.images)
        loss = make_loss(config.training.loss, 10)(outputs, batch.labels)
        assert {loss.device, outputs.device, batch.labels.device} == {CUDA}
        assert outputs.shape == (50, 10)


# Precision and determinism


def test_a_device_decides_what_the_config_leaves_open() -> None:
    training = make_config().training
    assert decided(training, CPU) == {
        "memory_format": "channels_last",
        "deterministic": False,
    }
    assert decided(training, CUDA)["deterministic"] is True
    assert decided(training, MPS)["memory_format"] == "contiguous"
    chosen = make_config(memory_format="channels_last", deterministic=False).training
    assert decided(chosen, MPS)["memory_format"] == "channels_last"
    assert decided(chosen, CUDA)["deterministic"] is False
    assert is_inexact(chosen, CUDA)
    assert not is_inexact(chosen, CPU)


@pytest.fixture
def old_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A GPU from before TF32 and bfloat16."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("old_gpu")
@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_a_gpu_without_a_precision_is_named(precision: str) -> None:
    with pytest.raises(DeviceError, match=rf"cuda:0 \(Tesla T4\) has no {precision}"):
        set_numerics(make_config(precision=precision), CUDA)


@pytest.mark.parametrize(("precision", "is_tf32"), [("float32", 0), ("tf32", 1)])
def test_float32_is_float32_in_convolutions_too(
    precision: str, is_tf32: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    set_numerics(make_config(precision=precision), CUDA)
    found = torch.backends.cudnn.conv.fp32_precision  # type: ignore[attr-defined]
    assert found == torch.backends.cuda.matmul.fp32_precision
    assert found == ("tf32" if is_tf32 else "ieee")


def test_the_cpu_has_no_tf32() -> None:
    with pytest.raises(DeviceError, match="cpu has no tf32"):
        set_numerics(make_config(precision="tf32"), CPU)


@pytest.mark.usefixtures("old_gpu")
@pytest.mark.parametrize("output_size", [1, 2])
def test_a_layer_without_a_deterministic_gradient_is_named(output_size: int) -> None:
    pool = {"adaptive_avg_pool2d": {"output_size": output_size}}
    config = make_config([pool, *TINY[2:]], deterministic=True)
    set_numerics(config, CPU)
    if output_size == 1:
        set_numerics(config, CUDA)
        return
    with pytest.raises(DeviceError, match=r"^layer 1, adaptive_avg_pool2d: on cuda:0"):
        set_numerics(config, CUDA)


# Devices that do not work


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that is listed and does not compute."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100")

    def fail(*arguments: Any, **keywords: Any) -> None:
        raise torch.AcceleratorError("CUDA error: all busy\nCompile with TORCH_USE_X")

    monkeypatch.setattr(torch, "ones", fail)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("wanted", ["auto", "cuda"])
def test_a_gpu_that_does_not_work_is_found_out_at_once(wanted: str) -> None:
    with pytest.raises(DeviceBusyError) as caught:
        pick_device(wanted)
    sentence = str(caught.value)
    assert sentence.startswith("cuda:0 (NVIDIA H100) cannot be used: CUDA error: all ")
    assert "\n" not in sentence


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch uses a GPU here")
def test_a_gpu_that_torch_cannot_use_is_not_passed_over_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert why_unused() is None
    gpu = GpuSample(index=0, name="NVIDIA \x1b[31mH100")
    monkeypatch.setattr(nvml, "gpus", lambda: [gpu])
    found = why_unused()
    assert found is not None
    assert found.startswith("the driver shows NVIDIA ")
    assert "\x1b" not in found
    with pytest.raises(DeviceError, match="but torch cannot use it"):
        pick_device("cuda")


# Out of memory


class Crowded:
    """Lets a network take at most so many images at once."""

    def __init__(self, network: Any, most: int, error: Exception) -> None:
        self._network, self._most, self._error = network, most, error
        self.model, self.device = network.model, network.device
        self.taken: list[int] = []

    def __call__(self, images: Tensor) -> Tensor:
        if len(images) > self._most:
            raise self._error
        self.taken.append(len(images))
        outputs: Tensor = self._network(images)
        return outputs


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"),
    MemoryError(),
]


def evaluation(
    splits: Splits, most: int, error: Exception
) -> tuple[Callable[[], Any], Crowded, Any]:
    """Returns an evaluation in too little room, its network, and the one at ease."""
    trainer = make_trainer(make_config(TINY), splits)
    crowded: Any = Crowded(trainer.network, most, error)
    at_ease = evaluate(trainer.network, trainer.loss_function, splits.test, 10)
    return (
        lambda: evaluate(crowded, trainer.loss_function, splits.test, 10),
        crowded,
        at_ease,
    )


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_evaluation_takes_as_many_images_as_fit(
    error: Exception, splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_module, "BATCH_SIZE", 100)
    run, crowded, at_ease = evaluation(splits, 30, error)
    found = run()
    assert set(crowded.taken) == {25}
    assert found.accuracy == at_ease.accuracy
    assert found.loss == pytest.approx(at_ease.loss, rel=1e-6)


class Pair(Team):
    """A process of two, which are threads here."""

    size = 2
    given: ClassVar[dict[int, Tensor]] = {}

    def __init__(self, rank: int, both: threading.Barrier) -> None:
        self.rank, self._both = rank, both

    def gather(self, own: Tensor) -> Tensor:
        self.given[self.rank] = own
        self._both.wait(60)
        return torch.stack([self.given[rank] for rank in range(self.size)])


def test_each_of_a_team_takes_as_many_images_as_fit_there(
    splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate_module, "BATCH_SIZE", 60)  # of 200 images
    trainer, both = make_trainer(make_config(TINY), splits), threading.Barrier(2)
    crowded: Any = Crowded(trainer.network, 20, ERRORS[0])
    wanted = trainer.loss_function, splits.test, 10
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(evaluate, trainer.network, *wanted, Pair(0, both))
        second = pool.submit(evaluate, crowded, *wanted, Pair(1, both))
        found = first.result(), second.result()
    assert set(crowded.taken) == {5, 15}
    assert found[0].loss == found[1].loss
    alone = evaluate(trainer.network, *wanted)
    assert found[0].loss == pytest.approx(alone.loss, rel=1e-6)
    assert found[0].accuracy == found[1].accuracy == alone.accuracy


def test_an_evaluation_without_room_says_that_it_is_one(splits: Splits) -> None:
    run, _, _ = evaluation(splits, 0, ERRORS[0])
    with pytest.raises(TrainingError, match=r"out of memory in the evaluation"):
        run()


def test_another_error_of_an_evaluation_is_not_tried_again(splits: Splits) -> None:
    run, crowded, _ = evaluation(splits, 0, RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        run()
    assert crowded.taken == []


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_training_without_room_names_the_batch_size(error: Exception) -> None:
    assert is_out_of_memory(error)
    found = reason_of(error, 128)
    assert found.startswith("out of memory in training at batch_size 128: lower it")


def test_a_lost_gpu_needs_a_new_process() -> None:
    error = torch.AcceleratorError("CUDA error: uncorrectable ECC error\nadvice")
    assert reason_of(error, 1) == (
        "the GPU failed: CUDA error: uncorrectable ECC error; this process cannot use "
        "it any more: resume the run in a new one"
    )


def test_optimizer_state_moves_between_devices_without_its_kernel(
    splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: RunConfig = make_config(TINY, optimizer="adam")
    trained = make_trainer(config, splits)
    losses(trained, 3)
    monkeypatch.setattr(trainer_module, "can_fuse", lambda config, device: True)
    moved = make_trainer(config, splits)
    moved._load_optimizer(trained.optimizer.state_dict())
    assert moved.optimizer.param_groups[0]["fused"] is True
    assert same(
        moved.optimizer.state_dict()["state"], trained.optimizer.state_dict()["state"]
    )
