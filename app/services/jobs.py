"""Work for the worker: put in line, watched, cancelled."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.explanations import Tier
from app.domain.jobs import Job, JobKind
from app.services.workplace import Workplace
from app.store import Transaction

SILENCE_SECONDS = 20.0  # after which a worker counts as gone


def new_id() -> str:
    """An id that nobody can guess and that says nothing."""
    return secrets.token_hex(8)


def get(workplace: Workplace, job_id: str) -> Job:
    """One job as it stands.

    Raises:
        NotFound: it went with its case.
    """
    with workplace.store.read() as tx:
        return tx.jobs.get(job_id)


def cancel(workplace: Workplace, job_id: str) -> Job:
    """Ask a job to stop; one that is over stays as it is."""
    with workplace.store.write() as tx:
        return tx.jobs.cancel(job_id, workplace.clock())


def worker_is_alive(workplace: Workplace) -> bool:
    """Did the worker give a sign of life in the last seconds? Without one nothing is done."""
    try:
        seen = worker_mark(workplace).stat().st_mtime
    except OSError:
        return False
    return time.time() - seen < SILENCE_SECONDS


def worker_mark(workplace: Workplace) -> Path:
    """The file that the worker touches: a sign of life that costs the disk no write of its own."""
    return workplace.settings.data / ".worker.alive"


def enqueue(
    tx: Transaction,
    *,
    kind: JobKind,
    now: datetime,
    work_key: str,
    case_id: str | None = None,
    frame: int = 0,
    model: str | None = None,
    node: str | None = None,
    tier: Tier | None = None,
    explanation_id: str | None = None,
    seed: int = 0,
    **batch: Any,
) -> Job:
    """Put a job in line inside the caller's transaction; the same work is never there twice."""
    job = Job(
        job_id=new_id(),
        kind=kind,
        state="waiting",
        case_id=case_id,
        frame=frame,
        model=model,
        node=node,
        tier=tier,
        progress=0.0,
        message="",
        explanation_id=explanation_id,
        attempts=0,
        cancel_requested=False,
        seed=seed,
        created_at=now,
        started_at=None,
        finished_at=None,
    )
    return tx.jobs.add(job, work_key=work_key, **batch)


def enqueue_prediction(
    tx: Transaction, *, case_id: str, frame: int, model: str, now: datetime
) -> Job:
    """Put the prediction of one frame in line."""
    return enqueue(
        tx,
        kind="predict",
        now=now,
        work_key=f"predict:{case_id}:{frame}:{model}",
        case_id=case_id,
        frame=frame,
        model=model,
    )
