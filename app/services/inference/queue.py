"""What the worker does with the jobs in line: one prediction, one heatmap, one file at a time.

Predictions and first maps, which a page waits for with nothing to show, go ahead of everything
else: refining and batches give way to them in the midst of a heatmap.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import timedelta

from app.domain.errors import DiskFull, Unavailable
from app.domain.explanations import FIRST, USUAL
from app.domain.jobs import Job, JobState
from app.services import originals, predictions
from app.services.inference.frames import Predictors, Pulse, explain_frame, predict_frame
from app.services.workplace import Workplace
from app.store import Transaction
from app.store.errors import trouble
from dprotonet.errors import Cancelled, ReadableError

log = logging.getLogger(__name__)
KEPT_JOBS = timedelta(days=1)  # a page may still be watching a job that is over
UNEXPECTED = (
    "Something went wrong that should not have; the program's log has the place. "
    "Other images are not touched."
)


def never() -> bool:
    """The worker that is not asked to leave."""
    return False


def begin(workplace: Workplace) -> None:
    """Put the house in order at a worker's start: it is the only one of its data folder."""
    found = take_up_again(workplace)
    with workplace.store.write() as tx:
        tx.jobs.forget_finished(workplace.clock() - KEPT_JOBS)
    if found:
        log.warning("%d jobs were left by a worker that died; they are done again", found)
    for step in (originals.tidy, predictions.note_findings, upkeep):
        try:
            step(workplace)
        except Exception as error:
            if is_outage(error):
                raise  # the worker begins again when the store is back
            log.warning("a step of the start was left out: %s", sentence(error))


def take_up_again(workplace: Workplace) -> int:
    """Let work wait again that was begun and neither ended nor failed, or give it up after its
    last attempt: a worker died with it, or the store could not be told what became of it.

    Returns:
        How many pieces there were.
    """
    now = workplace.clock()
    with workplace.store.write() as tx:
        tx.listings.requeue_abandoned(now)
        return tx.jobs.requeue_abandoned(now) + tx.items.requeue_abandoned()


def upkeep(workplace: Workplace) -> None:
    """What is to be done now and then, whatever else there is to do."""
    workplace.store.forget_deleted()
    workplace.store.keep_reserve()


def run_pending(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> int:
    """Do all that is in line; returns how many pieces it were."""
    done = 0
    while not stop() and run_next(workplace, pool, stop=stop):
        done += 1
    return done


def run_next(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> bool:
    """Do one piece of work; False when there is none."""
    from app.services.inference import batch_items

    return run_interactive(workplace, pool, stop=stop) or batch_items.run_next(
        workplace, pool, stop=stop
    )


def run_interactive(
    workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never
) -> bool:
    """Do one prediction or heatmap that a page waits for; False when there is none."""
    with workplace.store.read() as tx:
        if not tx.jobs.is_any_waiting():
            return False
    with workplace.store.write() as tx:
        job = tx.jobs.claim(workplace.clock())
    if job is None:
        return False
    started = time.monotonic()
    try:
        _do(workplace, pool, job, stop)
    except Exception as error:
        # What became of it could not be written down: the attempt counts.
        reason = sentence(error)
        with workplace.store.write() as tx:
            tx.jobs.fail(job.job_id, reason, workplace.clock())
    log.info("%s %s over after %.2f s", job.kind, job.job_id, time.monotonic() - started)
    return True


def _do(workplace: Workplace, pool: Predictors, job: Job, stop: Callable[[], bool]) -> None:
    try:
        if job.kind == "predict":
            _predict(workplace, pool, job)
        else:
            _explain(workplace, pool, job, stop)
    except Cancelled:
        with workplace.store.write() as tx:
            if tx.jobs.is_unwanted(job.job_id):
                _end(workplace, tx, job, "cancelled", "Cancelled.")
            else:
                tx.jobs.put_back(job.job_id)  # the worker leaves, or others go first
    except Exception as error:
        if is_outage(error):
            raise  # the job is taken up again when the store is back; the attempt counts
        message = sentence(error)
        with workplace.store.write() as tx:
            _end(workplace, tx, job, "failed", message)


def is_outage(error: Exception) -> bool:
    """Is it the store that failed, and not this piece of work? Then the work waits for it.

    A full disk may be full for this piece alone, so it is the piece's error: others go on.
    """
    return isinstance(error, Unavailable) and not isinstance(error, DiskFull)


def sentence(error: Exception) -> str:
    """What the reader is told of a failure; the log gets the place, never the contents."""
    if isinstance(error, ReadableError):
        return str(error)
    known = trouble(error)
    if known is not None:
        return str(known)
    if isinstance(error, FileNotFoundError):
        return "The stored file is not there any more. Upload the image again."
    if isinstance(error, MemoryError):
        return "This image needs more memory than there is. Export it at a smaller size."
    log.error(
        "unexpected %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )
    return UNEXPECTED


def _end(workplace: Workplace, tx: Transaction, job: Job, state: JobState, message: str) -> None:
    tx.jobs.finish(job.job_id, state=state, now=workplace.clock(), message=message)


def _predict(workplace: Workplace, pool: Predictors, job: Job) -> None:
    predict_frame(workplace, pool, job.case_id or "", frame=job.frame, model=job.model or "")
    with workplace.store.write() as tx:
        _end(workplace, tx, job, "done", "")


def _explain(workplace: Workplace, pool: Predictors, job: Job, stop: Callable[[], bool]) -> None:
    """Make the first map or the one that was asked for; after a first map the job waits again.

    So the first maps of several jobs come before anything is refined, and whoever takes the job
    up after a worker that died goes on where it was.
    """
    wanted = job.tier or USUAL
    is_first = job.explanation_id is None and wanted != FIRST
    saved = explain_frame(
        workplace,
        pool,
        job.case_id or "",
        frame=job.frame,
        model=job.model or "",
        node=job.node or "class",
        tier=FIRST if is_first else wanted,
        seed=job.seed,
        pulse=Pulse(workplace, job.job_id, stop, gives_way=not job.awaits_first),
    )
    with workplace.store.write() as tx:
        if is_first:
            tx.jobs.show(job.job_id, saved.explanation_id)
            tx.jobs.put_back(job.job_id)
        else:
            tx.jobs.finish(
                job.job_id,
                state="done",
                now=workplace.clock(),
                explanation_id=saved.explanation_id,
            )
