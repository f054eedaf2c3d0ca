"""The worker's third hand: a model is checked while the worker goes on with what pages wait for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.domain.checks import CheckRequest
from app.domain.jobs import Job
from app.services.checks import check_run
from app.services.workplace import Workplace

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0  # between two looks for a check


class Checker:
    """Takes one check after another, each in a thread that watches its process."""

    def __init__(self, workplace: Workplace, *, stop: Callable[[], bool]) -> None:
        self._workplace = workplace
        self._stop = stop
        self._thread: threading.Thread | None = None
        self._due = 0.0

    def look(self) -> None:
        """Begin the next check, if one waits and none is at work; returns at once."""
        if time.monotonic() < self._due or (self._thread is not None and self._thread.is_alive()):
            return
        self._due = time.monotonic() + LOOK_SECONDS
        claimed = check_run.claim(self._workplace)
        if claimed is not None:
            self._thread = threading.Thread(target=self._run, args=claimed, daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> None:
        """Let a check that was asked to stop say so in its row."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, job: Job, request: CheckRequest) -> None:
        started = time.monotonic()
        try:
            check_run.run(self._workplace, job, request, stop=self._stop)
        except Exception as error:
            # The store could not be reached; the next start ends the job.
            log.error("the end of a check could not be written: %s", type(error).__name__)
        log.info("check %s over after %.0f s", job.job_id, time.monotonic() - started)
