"""What a scheduler runs: a training as a child, which a warning ends with a checkpoint.

submitit pickles a ``ClusterJob`` by its values; this module is imported on the node.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from submitit import JobEnvironment
from submitit.core.utils import DelayedSubmission
from submitit.helpers import TorchDistributedEnvironment

from cnn_tui.host.process import IN_BACKGROUND
from cnn_tui.runs.layout import State, is_run
from cnn_tui.runs.status import read_status

_RESTARTS = "SLURM_RESTART_COUNT"


@dataclass(slots=True, kw_only=True)
class ClusterJob:
    """A run that is made and trained, or gone on with, wherever the scheduler says.

    It ends the process with the exit code of the training, unless that is 0.
    """

    run: Path
    job_file: Path | None
    """Of a run that is still to be made; None for one that is there."""
    data_dir: Path
    has_begun: bool = False
    """Whether an earlier start was ended by a warning."""
    pid: int | None = None

    def __call__(self) -> int:
        """Trains until the end, or until ``checkpoint`` is called meanwhile."""
        command = self._command()
        if command is None:
            return 0
        _join_others()
        code = self._train(command)
        if self.job_file is not None and is_run(self.run):
            self.job_file.unlink(missing_ok=True)
        if code != 0:
            sys.exit(code)
        return code

    def checkpoint(self) -> DelayedSubmission:
        """Lets the training save and end; returns what goes on with it.

        It is called from the handler of the warning signal, by the thread that waits.
        """
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            _wait(self.pid)
        return DelayedSubmission(replace(self, has_begun=True, pid=None))

    def _command(self) -> list[str] | None:
        """Returns what to do now; None where nothing is left to be done."""
        options = ["--data-dir", str(self.data_dir)]
        if not self._is_there():
            folder = ["--runs-dir", str(self.run.parent)]
            return ["train", "--job", str(self.job_file), *folder, *options]
        status = read_status(self.run)
        # Whoever submits a run that was stopped wants more of it; a requeue does not.
        over = {State.FINISHED, State.STOPPED, State.FAILED}
        is_repeated = self.has_begun or self.job_file is not None
        if is_repeated and status is not None and status.state in over:
            return None
        return ["resume", str(self.run), *options]

    def _is_there(self) -> bool:
        """Whether there is a run to go on with: the same for all tasks of a job.

        One that is slow would find what the first has just made.
        """
        if self.job_file is None or self.has_begun:
            return is_run(self.run) or self.job_file is None
        is_alone = JobEnvironment().num_tasks == 1
        return is_run(self.run) and (is_alone or _RESTARTS in os.environ)

    def _train(self, command: list[str]) -> int:
        """Runs a command of cnn-tui as a child; returns its exit code."""
        # A scheduler may send the warning to every process of a job, and the child
        # would die of it: it inherits that the signal is blocked.
        warning = {JobEnvironment._usr_sig()}
        signal.pthread_sigmask(signal.SIG_BLOCK, warning)
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "cnn_tui", *command],
                env={**os.environ, IN_BACKGROUND: "1"},  # a job takes all with it
            )
            self.pid = child.pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, warning)
        try:
            _wait(child.pid)
        except KeyboardInterrupt:
            child.terminate()
            raise
        return child.wait()


def _wait(pid: int) -> None:
    """Waits for the end of a child, and leaves it to be asked for its code.

    Popen.wait holds a lock, and would wait for itself when a handler calls it.
    """
    with suppress(ChildProcessError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _join_others() -> None:
    """Tells the child which of several processes it is, as torch.distributed asks."""
    if JobEnvironment().num_tasks > 1:
        there = TorchDistributedEnvironment()
        there.export(set_cuda_visible_devices=False, overwrite=True)
