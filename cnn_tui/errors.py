"""Every error that a user of cnn-tui can meet.

CnnTuiError                 its text is one clear sentence for the user
├── InputError              what was asked for cannot be done: exit code 2
│   ├── ConfigError         a key or value of a preset, config or --set
│   ├── ModelError          a stack of layers that no image fits through
│   ├── DataError           a data set that is missing or damaged
│   ├── DeviceError         a device that is not there or cannot do what is asked
│   │   └── DeviceBusyError   one that has no room now, or does not answer
│   └── RunDirectoryError   a run that is missing, damaged, or of an unknown format
│       ├── LockedError     another process trains this run
│       ├── UnreadableError   a file that may be good, and cannot be read now
│       ├── ForeignRunError   another program trained it: there is no network
│       └── NewerFormatError  written by a version that knows more
└── TrainingError           a run that started and failed: exit code 1
    └── LostProcessError    one of several that trained it: it goes on from a checkpoint
"""

from enum import StrEnum


class Remedy(StrEnum):
    """What helps, in words for the command line; a screen asks for it instead."""

    MORE_ITERATIONS = "give a larger total, such as --iterations +1000"
    ANOTHER_RATE = "give --set lr=… as well, which is constant from there on"
    ANOTHER_FOLDER = "choose another folder with --runs-dir"


class CnnTuiError(Exception):
    """The base of all; catch it where a message is shown to the user."""


class InputError(CnnTuiError):
    """What was asked for cannot be done; nothing was started."""

    def __init__(self, sentence: str, remedy: Remedy | None = None) -> None:
        """The sentence names no option of a command, the ``remedy`` does."""
        super().__init__(sentence)
        self.remedy = remedy


class ConfigError(InputError):
    """A key or a value in a preset, a config or a ``--set`` option."""


class ModelError(InputError):
    """A stack of layers that does not fit together."""


class DataError(InputError):
    """A data set that is missing, damaged or cannot be fetched."""


class DeviceError(InputError):
    """A device that is not there, or cannot compute what is asked for."""


class DeviceBusyError(DeviceError):
    """A device that has too little memory free, or does not work now."""


class RunDirectoryError(InputError):
    """A run directory that is missing, damaged or not understood."""


class LockedError(RunDirectoryError):
    """Another process trains this run."""


class UnreadableError(RunDirectoryError):
    """A file of a run that is there, and that the system does not let us read."""


class ForeignRunError(RunDirectoryError):
    """A run of another program: it has curves, and no network."""


class NewerFormatError(RunDirectoryError):
    """A file of a run that only another version of cnn-tui understands."""


class TrainingError(CnnTuiError):
    """A run that started and could not be finished."""


class LostProcessError(TrainingError):
    """One of the processes that train a run together is lost; the run can go on."""
