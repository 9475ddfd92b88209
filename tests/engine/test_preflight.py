"""What is made of measurements: the fastest of all, and the largest batch."""

import pytest
import torch

from cnn_tui.config import Setting
from cnn_tui.engine.preflight.memory import Peak, batch_by_arithmetic, batch_by_trial
from cnn_tui.engine.preflight.variants import fastest_together, variants
from cnn_tui.engine.setup import settle
from cnn_tui.host.hardware import core_count
from cnn_tui.preflight.cost import Cost
from cnn_tui.preflight.messages import Measured
from tests.engine.making import make_config


def line(ms: float, *settings: Setting) -> Measured:
    cost = Cost(ms_per_update=ms, ms_per_evaluation=1, ms_per_checkpoint=1)
    return Measured(
        settings=list(settings),
        cost=cost,
        images_per_second=1,
        memory_bytes=1,
        total_seconds=1,
    )


BFLOAT16: Setting = ("training.precision", "bfloat16")
CONTIGUOUS: Setting = ("training.memory_format", "contiguous")
ONE_THREAD: Setting = ("training.threads", 1)
TWO_THREADS: Setting = ("training.threads", 2)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(10), line(5, BFLOAT16), line(20, CONTIGUOUS)], []),
        ([line(10), line(5, BFLOAT16), line(9.8, CONTIGUOUS)], []),
        (
            [line(10), line(5, BFLOAT16), line(9, CONTIGUOUS)],
            [BFLOAT16, CONTIGUOUS],
        ),
        (
            [line(10), line(8, ONE_THREAD), line(7, TWO_THREADS), line(9, BFLOAT16)],
            [TWO_THREADS, BFLOAT16],
        ),
    ],
)
def test_what_is_clearly_faster_alone_is_measured_together(
    lines: list[Measured], expected: list[Setting]
) -> None:
    assert fastest_together(lines) == expected


def test_variants_change_one_value_each_and_none_is_that_of_now() -> None:
    config, device = settle(make_config(device="cpu", memory_format="contiguous"))
    found = list(variants(config, device))
    assert BFLOAT16 in found and ("training.memory_format", "channels_last") in found
    assert CONTIGUOUS not in found and ONE_THREAD not in found
    threads = [value for key, value in found if key == "training.threads"]
    assert all(2 <= n <= core_count() for n in threads)
    assert found[-1] == ("training.compile", "default")


@pytest.mark.parametrize("limit", [50, 77, 499, 500, 3000])
def test_the_largest_batch_is_found_by_trying(limit: int) -> None:
    tried: list[int] = []

    def update(size: int) -> None:
        tried.append(size)
        if size > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")

    found = batch_by_trial(50, 500, update, lambda: True)
    assert limit * 7 / 8 - 1 <= found.images <= limit or found.images == 500
    assert found.why == ("is all images" if limit >= 500 else "was tried")
    assert len(tried) < 12 and max(tried) <= 500
    in_a_hurry = batch_by_trial(50, 500, update, lambda: False)
    assert (in_a_hurry.images, in_a_hurry.why) == (50, "fits at least")


def test_another_failure_is_no_lack_of_memory() -> None:
    def update(size: int) -> None:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        batch_by_trial(50, 500, update, lambda: True)


def test_the_largest_batch_is_worked_out_from_two() -> None:
    huge = 2**50
    found = batch_by_arithmetic((10, huge), (20, 2 * huge), 500)
    assert found and (found.images, found.why) == (1, "is worked out")
    found = batch_by_arithmetic((10, 1000), (20, 2000), 500)
    assert found and (found.images, found.why) == (500, "is all images")
    assert batch_by_arithmetic((10, 1000), (20, 1000), 500) is None


def test_memory_that_is_taken_is_counted() -> None:
    peak = Peak(torch.device("cpu"))
    if peak.taken_bytes() is None:
        pytest.skip("this system does not tell the memory of a process")
    taken = torch.ones(2**24)  # 64 MiB
    found = peak.taken_bytes() or 0
    assert taken.nbytes * 0.9 < found
