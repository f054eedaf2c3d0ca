"""One try, prediction or heatmap that a page waits for, and what is measured of it afterwards."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from app.domain.explanations import FIRST, MEASURED, USUAL
from app.domain.jobs import Job
from app.domain.permissions import needs
from app.services import jobs
from app.services.inference import agreeing, tries
from app.services.inference.failures import attempt, is_outage, sentence
from app.services.inference.frames import Predictors, Pulse, explain_frame, predict_frame
from app.services.workplace import Workplace
from dprotonet.errors import Cancelled

log = logging.getLogger(__name__)


def never() -> bool:
    """Never asks the worker to leave."""
    return False


@needs("run the program")
def run_next(workplace: Workplace, pool: Predictors, *, stop: Callable[[], bool] = never) -> bool:
    """Do what goes first, a try before all jobs; False when there is none."""
    if tries.run_next(workplace, pool):
        return True
    with workplace.store.read() as tx:
        if not tx.jobs.is_any_waiting():
            return False
    with workplace.store.write() as tx:
        job = tx.jobs.claim(workplace.clock())
    if job is None:
        return False
    started = time.monotonic()
    with attempt(workplace, lambda tx, why: tx.jobs.fail(job.job_id, why, workplace.clock())):
        _run(workplace, pool, job, stop)
    log.info("%s %s over after %.2f s", job.kind, job.job_id, time.monotonic() - started)
    return True


def _run(workplace: Workplace, pool: Predictors, job: Job, stop: Callable[[], bool]) -> None:
    try:
        if job.kind == "predict":
            _predict(workplace, pool, job)
        elif job.kind == "agree":
            _agree(workplace, pool, job, stop)
        else:
            _explain(workplace, pool, job, stop)
    except Cancelled:
        with workplace.store.write() as tx:
            if tx.jobs.is_unwanted(job.job_id):
                tx.jobs.finish(
                    job.job_id, state="cancelled", now=workplace.clock(), message="Cancelled."
                )
            else:
                tx.jobs.put_back(job.job_id)  # the worker leaves, or others go first
    except Exception as error:
        if is_outage(error):
            raise  # the job is taken up again when the store is back; the attempt counts
        message = sentence(error)
        with workplace.store.write() as tx:
            tx.jobs.finish(job.job_id, state="failed", now=workplace.clock(), message=message)


def _predict(workplace: Workplace, pool: Predictors, job: Job) -> None:
    predict_frame(
        workplace,
        pool,
        job.case_id or "",
        frame=job.frame,
        model=job.model or "",
        site=job.site,
    )
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state="done", now=workplace.clock())


def _explain(workplace: Workplace, pool: Predictors, job: Job, stop: Callable[[], bool]) -> None:
    """Compute the first heatmap or the one that was asked for; after a first one the job waits
    again.

    So the first heatmaps of several jobs come before anything is refined, and whoever takes the
    job up after a worker that died goes on where it was. Where a mask reader draws, its map is
    there with the prediction, and no other comes before the one that was asked for.
    """
    wanted = job.tier or USUAL
    is_first = (
        job.explanation_id is None
        and wanted not in (MEASURED, FIRST)
        and not _is_read(workplace, job)
    )
    saved = explain_frame(
        workplace,
        pool,
        job.case_id or "",
        frame=job.frame,
        model=job.model or "",
        node=job.node or "class",
        tier=FIRST if is_first else wanted,
        seed=job.seed,
        pulse=Pulse(
            workplace,
            job.job_id,
            stop,
            gives_way=not job.awaits_first,
            between=lambda: tries.run_waiting(workplace, pool),
        ),
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
            jobs.enqueue_agreement(tx, saved, now=workplace.clock())


def _agree(workplace: Workplace, pool: Predictors, job: Job, stop: Callable[[], bool]) -> None:
    pulse = Pulse(
        workplace,
        job.job_id,
        stop,
        is_last=True,
        between=lambda: tries.run_waiting(workplace, pool),
    )
    agreeing.measure(workplace, pool, job, pulse)
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state="done", now=workplace.clock())


def _is_read(workplace: Workplace, job: Job) -> bool:
    """Does the model's mask reader mark this node?"""
    info = workplace.models.get(job.model or "")
    return info.has_reader and not (job.node or "").startswith("vector:")
