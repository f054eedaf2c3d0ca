"""The counts of one run, from which the exit status and the closing line come."""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
            self._done()
        elif image.skipped:
            self.skipped += 1
        else:
            self.failed += 1

    def count_records(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Count the frames of one file by their records, of which a frame may have several."""
        outcomes: dict[int, str] = {}
        for record in records:
            kind = next((key for key in ("error", "skipped") if key in record), "done")
            # Of a frame that failed in the end nothing counts as done.
            outcomes[record["frame"]] = kind
        for kind in outcomes.values():
            if kind == "done":
                self._done()
            elif kind == "skipped":
                self.skipped += 1
            else:
                self.failed += 1

    def _done(self) -> None:
        self.done += 1
        if self.done % EVERY == 0:
            log.info("%d frames, %.0f s", self.done, time.monotonic() - self.began)

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
