"""Work for the worker: enqueued, watched, cancelled."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from app.domain.explanations import SavedExplanation, leading, tier_of
from app.domain.jobs import NO_BATCH, BatchFacts, Job, Work
from app.domain.permissions import needs
from app.services.audit.recording import record_batch
from app.services.studies import blinding
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

Request = TypeVar("Request", covariant=True)


class LongJobs(Protocol[Request]):
    """The jobs of one kind that are done one at a time, inside one transaction."""

    def is_any_waiting(self) -> bool:
        """Is there one to be taken? Cheap enough to ask often."""
        ...

    def claim(self, now: datetime) -> tuple[Job, Request] | None:
        """Take the oldest waiting one; None while another one is running, or without any."""
        ...


def new_id() -> str:
    """A random id that cannot be guessed."""
    return secrets.token_hex(8)


@needs("see cases")
def get(workplace: Workplace, job_id: str) -> Job:
    """One job as it stands.

    Raises:
        Forbidden: it explains an image that this reader is to read first.
        NotFound: it went with its case.
    """
    with workplace.store.read() as tx:
        return _shown(workplace, tx, tx.jobs.get(job_id))


@needs("see cases")
def cancel(workplace: Workplace, job_id: str) -> Job:
    """Ask a job to stop; one that is over stays as it is.

    Raises:
        Forbidden: it explains an image that this reader is to read first.
        NotFound: it went with its case.
    """
    now = workplace.clock()
    with workplace.store.write() as tx:
        _shown(workplace, tx, tx.jobs.get(job_id))
        job = tx.jobs.cancel(job_id, now)
        if job.finished_at == now:
            record_batch(workplace, tx, "batch cancelled", job)
        return job


def _shown(workplace: Workplace, tx: Transaction, job: Job) -> Job:
    """The job: which class it explains may be the one that was predicted."""
    if job.case_id is not None and job.kind in ("explain", "agree"):
        blinding.check_shown(workplace, tx, job.case_id, frame=job.frame)
    return job


@needs("run the program")
def claim(
    workplace: Workplace, jobs_of: Callable[[Transaction], LongJobs[Request]]
) -> tuple[Job, Request] | None:
    """Take the next long job of a kind, if there is one and none of it is at work.

    Args:
        jobs_of: the jobs of this kind in a transaction.

    Returns:
        The job, and what it is to do.
    """
    with workplace.store.read() as tx:
        if not jobs_of(tx).is_any_waiting():
            return None
    with workplace.store.write() as tx:
        return jobs_of(tx).claim(workplace.clock())


def enqueue(tx: Transaction, work: Work, *, now: datetime, batch: BatchFacts = NO_BATCH) -> Job:
    """Enqueue a job inside the caller's transaction; the same work is never queued twice.

    Returns:
        The new job, or the one that does the same work and is not over.
    """
    job = Job(
        job_id=new_id(),
        kind=work.kind,
        state="waiting",
        case_id=work.case_id,
        frame=work.frame,
        model=work.model,
        node=work.node,
        tier=work.tier,
        progress=0.0,
        message="",
        explanation_id=work.explanation_id,
        attempts=0,
        cancel_requested=False,
        seed=work.seed,
        created_at=now,
        started_at=None,
        finished_at=None,
        site=work.site,
    )
    return tx.jobs.add(job, work_key=work.key, batch=batch)


def enqueue_prediction(
    tx: Transaction, *, case_id: str, frame: int, model: str, site: str = "", now: datetime
) -> Job:
    """Enqueue the prediction of one frame, under the settings of a site or, with "", the model's
    own."""
    key = f"predict:{case_id}:{frame}:{model}" + (f":{site}" if site else "")
    work = Work("predict", key, case_id=case_id, frame=frame, model=model, site=site)
    return enqueue(tx, work, now=now)


def enqueue_agreement(tx: Transaction, saved: SavedExplanation, *, now: datetime) -> None:
    """Enqueue making a saved heatmap again, to see whether it marks the same, and the one of its
    node that leads in its place.

    Nothing of one where that was done, whose settings are no longer in use, or that is gone.
    """
    known = tx.explanations.of_node(
        saved.case_id, frame=saved.frame, model=saved.model, node=saved.node, seed=saved.seed
    )
    chosen = [leading(known), saved] if known else []
    for one in {each.explanation_id: each for each in chosen}.values():
        tier = tier_of(one.settings_digest)
        if one.agreement is None and tier:
            work = Work(
                "agree",
                f"agree:{one.explanation_id}",
                case_id=one.case_id,
                frame=one.frame,
                model=one.model,
                node=one.node,
                tier=tier,
                explanation_id=one.explanation_id,
                seed=one.seed,
            )
            enqueue(tx, work, now=now)
