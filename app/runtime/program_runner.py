"""Long jobs beside the worker's own work, for which no page waits: a model learns or is checked, a
folder is looked through."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from app.domain.jobs import Job
from app.services.inference import failures
from app.services.workplace import Workplace
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0  # between two looks for a job
Request = TypeVar("Request")
RequestIn = TypeVar("RequestIn", contravariant=True)


class Run(Protocol[RequestIn]):
    """Does one job, and says in its row how it ended."""

    def __call__(
        self, workplace: Workplace, job: Job, request: RequestIn, *, stop: Callable[[], bool]
    ) -> None:
        """Returns when the job is over; ``stop`` is asked whether the worker ends."""
        ...


class ProgramRunner(Generic[Request]):
    """Takes one job of a kind after another, each in a thread that does it or watches its process.

    Args:
        kind: of the jobs, for the log.
        claim: takes the next job; None without one, and while one is at work.
        run: does it.
        stop: asked whether the worker ends.
    """

    def __init__(
        self,
        workplace: Workplace,
        kind: str,
        claim: Callable[[Workplace], tuple[Job, Request] | None],
        run: Run[Request],
        *,
        stop: Callable[[], bool],
    ) -> None:
        self._workplace, self._kind = workplace, kind
        self._claim, self._do = claim, run
        self._stop = stop
        self._thread: threading.Thread | None = None
        self._due = 0.0

    def look(self) -> None:
        """Begin the next job, if one waits and none is at work; returns at once."""
        if time.monotonic() < self._due or (self._thread is not None and self._thread.is_alive()):
            return
        self._due = time.monotonic() + LOOK_SECONDS
        claimed = self._claim(self._workplace)
        if claimed is not None:
            self._thread = threading.Thread(target=self._run, args=claimed, daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> None:
        """Let a job that was asked to stop say so in its row."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, job: Job, request: Request) -> None:
        started = time.monotonic()
        try:
            self._do(self._workplace, job, request, stop=self._stop)
        except Exception as error:
            log.error("the end of a job could not be written: %s", type(error).__name__)
            self._end_later(job, failures.sentence(error))
        log.info("%s %s over after %.0f s", self._kind, job.job_id, time.monotonic() - started)

    def _end_later(self, job: Job, reason: str) -> None:
        """Say that the job failed as soon as the store is back, so that none runs for ever. If the
        worker ends before, another worker or the next start says so."""
        while not self._stop():
            try:
                with self._workplace.store.write() as tx:
                    now = self._workplace.clock()
                    tx.jobs.finish(job.job_id, state="failed", now=now, message=reason)
                return
            except ReadableError:
                time.sleep(LOOK_SECONDS)
