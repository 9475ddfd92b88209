"""What the process does with its memory."""

import ctypes
import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from cnn_tui.host.memory import loading

COUNT_FAULTS = """
import resource
from cnn_tui.host.memory import keep_freed

def use_memory():
    for _ in range(5):
        blocks = [bytearray(16 * 2**20) for _ in range(8)]

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

keep_freed()
use_memory()
blocks = None
before = faults()
use_memory()
print(faults() - before)
"""
START_TWICE = """
import gc, sys
from pathlib import Path
from cnn_tui.engine.warm_up import warm_up

warm_up()
from cnn_tui.engine.setup import set_up
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset

class Screen:
    def __init__(self):
        self.itself = self

config = read_preset(find_preset("logistic")).with_settings([])
set_up(config, None)
looked_at = len(gc.get_objects())
screen = Screen()
warm_up()
set_up(config, None)
del screen
gc.collect()
print(looked_at, sum(type(thing) is Screen for thing in gc.get_objects()))
gc.unfreeze()
print(sum(type(thing) is Screen for thing in gc.get_objects()))
"""


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt"
)
def test_freed_memory_is_used_again_without_page_faults() -> None:
    pages_of_one_block = 16 * 2**20 // 4096
    assert int(run_python(COUNT_FAULTS).stdout) < pages_of_one_block // 10


@pytest.fixture(autouse=True)
def _nothing_loaded() -> Iterator[None]:
    """Looks at everything, as a process that has just begun."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_was_loaded_is_not_looked_at_again() -> None:
    with loading():
        loaded: list[dict[str, int]] = [{} for _ in range(1000)]
        assert not gc.isenabled()
    assert gc.isenabled()
    looked_at = {id(thing) for thing in gc.get_objects()}
    assert not looked_at & {id(thing) for thing in loaded}


def test_collecting_goes_on_when_loading_fails() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


class Cycle:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        """Refers to itself."""
        self.itself = self


def test_what_is_alive_at_a_later_loading_is_not_kept() -> None:
    with loading():
        pass
    cycle = Cycle()
    is_there = weakref.ref(cycle)
    with loading():
        pass
    del cycle
    gc.collect()
    assert is_there() is None


def test_a_second_start_keeps_nothing_and_torch_is_looked_at_by_none() -> None:
    ended = run_python(START_TWICE)
    looked_at, alive, kept = map(int, ended.stdout.split())
    assert looked_at < 50_000  # torch alone has ten times as many
    assert (alive, kept) == (0, 0)
    assert ended.stderr == ""
