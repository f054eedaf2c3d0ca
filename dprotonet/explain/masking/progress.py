"""What a method has spent on an image, how far it has come, and whether it should stop."""

import time
from collections.abc import Callable, Sequence

from dprotonet.errors import Cancelled

ProgressCallback = Callable[[float], None]
CancelCallback = Callable[[], bool]

BACKWARD_COST = 2.0  # of a backward pass, in forward passes; for the progress only


class Work:
    """Counts passes and seconds from its making on, and reports the fraction that is done.

    Args:
        progress: called with the fraction done, rising to 1; may be set later.
        cancelled: asked by :meth:`check`.
    """

    def __init__(
        self,
        progress: ProgressCallback | None = None,
        cancelled: CancelCallback | None = None,
    ) -> None:
        self.progress = progress
        self.forward_passes = self.backward_passes = 0
        self.fraction_reported = 0.0
        self._cancelled = cancelled
        self._planned = 0.0
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.perf_counter() - self._started

    def check(self) -> None:
        """Stop here if the caller has cancelled the work.

        Raises:
            Cancelled: the ``cancelled`` callback returned True.
        """
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    def plan(self, forward: int, backward: int) -> None:
        """State how many passes will be made, for the progress."""
        self._planned += forward + BACKWARD_COST * backward

    def count(self, forward: int, backward: int) -> None:
        """Note so many images forward and backward, and report the progress."""
        self.forward_passes += forward
        self.backward_passes += backward
        done = self.forward_passes + BACKWARD_COST * self.backward_passes
        if self._planned:
            self.report(min(done / self._planned, 0.99))

    def report(self, fraction: float) -> None:
        """Report a fraction done, never backwards."""
        if fraction > self.fraction_reported:
            self.fraction_reported = fraction
            if self.progress is not None:
                self.progress(fraction)


class JointProgress:
    """The progress of the work on several images in one.

    Args:
        works: one for each image; their own progress is set by this.
        progress: called with the mean of their fractions, rising to 1.
    """

    def __init__(self, works: Sequence[Work], progress: ProgressCallback | None) -> None:
        self._works, self._progress, self._reported = works, progress, 0.0
        for work in works:
            work.progress = self._report

    def plan(self, forward: int, backward: int) -> None:
        """State how many passes will be made for each image."""
        for work in self._works:
            work.plan(forward, backward)

    def finish(self) -> None:
        """Report that all is done."""
        for work in self._works:
            work.report(1.0)

    def _report(self, _fraction: float) -> None:
        mean = sum(work.fraction_reported for work in self._works) / len(self._works)
        if self._progress is not None and mean > self._reported:
            self._reported = mean
            self._progress(mean)
