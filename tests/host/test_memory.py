"""What the process does with its memory."""

import ctypes
import gc
import subprocess
import sys

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
MAKE_OPTIMIZER = """
from cnn_tui.host.memory import loading

with loading():
    import torch
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
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


def test_what_was_loaded_is_not_looked_at_again() -> None:
    with loading():
        loaded: list[dict[str, int]] = [{} for _ in range(1000)]
        assert not gc.isenabled()
    assert gc.isenabled()
    looked_at = {id(thing) for thing in gc.get_objects()}
    assert not looked_at & {id(thing) for thing in loaded}
    gc.unfreeze()


def test_collecting_goes_on_when_loading_fails() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_a_process_with_torch_ends_without_a_word() -> None:
    ended = run_python(MAKE_OPTIMIZER)
    assert (ended.stdout, ended.stderr) == ("", "")
