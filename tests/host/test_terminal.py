"""What the terminal tells the process: its sizes."""

import asyncio
import os
import signal
from types import FrameType

from cnn_tui.host.terminal import take_sizes_in_order

NEWS = 3


async def test_one_size_is_passed_on_before_the_next_is_asked_for() -> None:
    asked: list[int] = []
    passed_on: list[int] = []
    done = asyncio.Event()

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        size = len(asked)
        asked.append(size)
        if size < NEWS:  # the terminal changes again in the very middle
            os.kill(os.getpid(), signal.SIGWINCH)
        passed_on.append(size)
        if len(passed_on) > NEWS:
            done.set()

    before = signal.signal(signal.SIGWINCH, pass_on)
    try:
        take_sizes_in_order()
        os.kill(os.getpid(), signal.SIGWINCH)
        await asyncio.wait_for(done.wait(), 60)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGWINCH)
        signal.signal(signal.SIGWINCH, before)
    assert passed_on == sorted(passed_on)
