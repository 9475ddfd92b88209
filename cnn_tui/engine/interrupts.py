"""How signals and screens of this process reach the training thread."""

import math


class Interrupts:
    """Plain flags, so that a signal handler may set them at any instant.

    Everything that a person does to a run goes through its mailbox instead; this is
    for what concerns the process.
    """

    def __init__(self) -> None:
        """Asks for nothing."""
        self.interrupted_by: str | None = None
        self.handing_over = False
        self.can_hand_over = False
        """Whether this process gives a run away when it is asked to detach."""
        self.patience_seconds = math.inf
        """How long a run waits for room on the disk before it fails."""

    def interrupt(self, reason: str) -> None:
        """Asks the run to checkpoint and end as interrupted."""
        self.interrupted_by = reason

    def hand_over(self) -> None:
        """Asks the run to checkpoint and leave itself to another process."""
        self.handing_over = True
