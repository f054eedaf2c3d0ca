"""What a search has spent, and how far it has come."""

import time
from collections.abc import Callable

BACKWARD_COST = 2.0  # of a backward pass, in forward passes; for the progress only


class Work:
    """Counts passes and seconds from its making on, and reports the share done.

    Args:
        progress: told the share done, rising to 1; may be set later.
    """

    def __init__(self, progress: Callable[[float], None] | None = None) -> None:
        self.progress = progress
        self.forward_passes = self.backward_passes = 0
        self.told = 0.0  # the share last reported
        self._planned = 0.0
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.perf_counter() - self._started

    def plan(self, forward: int, backward: int) -> None:
        """Say how many passes are to come, for the progress."""
        self._planned += forward + BACKWARD_COST * backward

    def count(self, forward: int, backward: int) -> None:
        """Note so many images forward and backward, and report the progress."""
        self.forward_passes += forward
        self.backward_passes += backward
        done = self.forward_passes + BACKWARD_COST * self.backward_passes
        if self._planned:
            self.tell(min(done / self._planned, 0.99))

    def tell(self, share: float) -> None:
        """Report a share done, never backwards."""
        if share > self.told:
            self.told = share
            if self.progress is not None:
                self.progress(share)
