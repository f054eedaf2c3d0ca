"""The counts of one run, from which the exit status and the closing line come."""

import logging
import time
from dataclasses import dataclass, field

from dprotonet.cli.inputs import ImageFrame, Problem

log = logging.getLogger(__name__)

EVERY = 100
"""Frames between two lines of progress."""


@dataclass
class Tally:
    """Counts of one run."""

    done: int = 0
    failed: int = 0
    skipped: int = 0
    began: float = field(default_factory=time.monotonic)

    def count(self, image: ImageFrame | Problem) -> None:
        """Count one frame or one problem."""
        if isinstance(image, ImageFrame):
            self.done += 1
            if self.done % EVERY == 0:
                log.info("%d frames, %.0f s", self.done, time.monotonic() - self.began)
        elif image.skipped:
            self.skipped += 1
        else:
            self.failed += 1

    def close(self) -> int:
        """Log the counts and return the exit status."""
        log.info(
            "%d frames done, %d failed, %d skipped because they are no images, %.1f s",
            self.done,
            self.failed,
            self.skipped,
            time.monotonic() - self.began,
        )
        return 1 if self.failed else 0
