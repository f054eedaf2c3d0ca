"""What the worker does with the jobs in line: one prediction, one explanation, one file at a time.

Predictions and explanations that a page waits for go ahead of batches, and are slipped in between
a batch's files.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import timedelta

from app.domain.jobs import Job, JobState
from app.services import intake
from app.services.frames import Bench, Pulse, explain_frame, predict_frame
from app.services.workplace import Workplace
from app.store import Transaction
from dprotonet.errors import Cancelled, ReadableError

log = logging.getLogger(__name__)
KEPT_JOBS = timedelta(days=1)  # a page may still be watching a job that is over
UNEXPECTED = (
    "Something went wrong that should not have; the program's log has the place. "
    "Other films are not touched."
)


def never() -> bool:
    """The worker that is not asked to leave."""
    return False


def begin(workplace: Workplace) -> None:
    """Put the house in order at a worker's start: it is the only one of its data folder."""
    now = workplace.clock()
    with workplace.store.write() as tx:
        found = tx.jobs.requeue_abandoned(now) + tx.items.requeue_abandoned()
        tx.jobs.forget_finished(now - KEPT_JOBS)
    if found:
        log.warning("%d jobs were left by a worker that died; they are done again", found)
    intake.sweep_blobs(workplace)


def run_pending(workplace: Workplace, bench: Bench, *, stop: Callable[[], bool] = never) -> int:
    """Do all that is in line; returns how many pieces it were."""
    done = 0
    while not stop() and run_next(workplace, bench, stop=stop):
        done += 1
    return done


def run_next(workplace: Workplace, bench: Bench, *, stop: Callable[[], bool] = never) -> bool:
    """Do one piece of work; False when there is none."""
    from app.services import batch_work

    return run_interactive(workplace, bench, stop=stop) or batch_work.run_next(
        workplace, bench, stop=stop
    )


def run_interactive(
    workplace: Workplace, bench: Bench, *, stop: Callable[[], bool] = never
) -> bool:
    """Do one prediction or explanation that a page waits for; False when there is none."""
    with workplace.store.read() as tx:
        if not tx.jobs.is_any_waiting():
            return False
    with workplace.store.write() as tx:
        job = tx.jobs.claim(workplace.clock())
    if job is None:
        return False
    started = time.monotonic()
    try:
        _do(workplace, bench, job, Pulse(workplace, job.job_id, stop))
    except Cancelled:
        with workplace.store.write() as tx:
            if stop() and not tx.jobs.is_unwanted(job.job_id):
                tx.jobs.put_back(job.job_id)
            else:
                _end(workplace, tx, job, "cancelled", "Cancelled.")
    except Exception as error:
        message = sentence(error)
        with workplace.store.write() as tx:
            _end(workplace, tx, job, "failed", message)
    log.info("%s %s over after %.2f s", job.kind, job.job_id, time.monotonic() - started)
    return True


def sentence(error: Exception) -> str:
    """What the reader is told of a failure; the log gets the place, never the contents."""
    if isinstance(error, ReadableError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "The stored file is not there any more. Upload the film again."
    if isinstance(error, MemoryError):
        return "This film needs more memory than there is. Export it at a smaller size."
    log.error(
        "unexpected %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )
    return UNEXPECTED


def _end(workplace: Workplace, tx: Transaction, job: Job, state: JobState, message: str) -> None:
    tx.jobs.finish(job.job_id, state=state, now=workplace.clock(), message=message)


def _do(workplace: Workplace, bench: Bench, job: Job, pulse: Pulse) -> None:
    case_id, model = job.case_id or "", job.model or ""
    if job.kind == "predict":
        predict_frame(workplace, bench, case_id, frame=job.frame, model=model)
        saved = None
    else:
        saved = explain_frame(
            workplace,
            bench,
            case_id,
            frame=job.frame,
            model=model,
            node=job.node or "class",
            seed=job.seed,
            pulse=pulse,
        )
    with workplace.store.write() as tx:
        tx.jobs.finish(
            job.job_id,
            state="done",
            now=workplace.clock(),
            explanation_id=saved.explanation_id if saved else None,
        )
