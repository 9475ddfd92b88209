"""Whether the system ends background processes when their user logs out."""

import getpass
import os
import re
from pathlib import Path

_LOGIND = Path("/etc/systemd/logind.conf")
_LINGER = Path("/var/lib/systemd/linger")
_BATCH_SYSTEMS = {
    "SLURM_JOB_ID": "Slurm",
    "PBS_JOBID": "PBS",
    "LSB_JOBID": "LSF",
    "JOB_ID": "Grid Engine",
}
_SETTING = re.compile(r"^\s*KillUserProcesses\s*=\s*(\w+)", re.MULTILINE)


def logout_warning() -> str | None:
    """Returns why the system may end background processes, and what to do about it."""
    for variable, system in _BATCH_SYSTEMS.items():
        if os.environ.get(variable):
            return (
                f"this is a {system} job: its processes end with it; ask for enough "
                "time, and resume the run in the next job"
            )
    if _kills_user_processes() and not (_LINGER / getpass.getuser()).exists():
        return (
            "this system ends your processes when you log out (KillUserProcesses=yes); "
            "run `loginctl enable-linger`, or start cnn-tui with "
            "`systemd-run --scope --user`"
        )
    return None


def _kills_user_processes() -> bool:
    """Reads systemd-logind's configuration; later files win (logind.conf(5))."""
    values = ["no"]
    for path in (_LOGIND, *sorted(_LOGIND.with_suffix(".conf.d").glob("*.conf"))):
        try:
            values += _SETTING.findall(path.read_text("utf-8", errors="replace"))
        except OSError:
            continue
    return values[-1].lower() in ("yes", "true", "on", "1")
