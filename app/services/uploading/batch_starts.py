"""What the ways to begin a batch have in common: its model, and a list that the worker makes."""

from __future__ import annotations

import hashlib

from app.domain.bundles import BundleInfo
from app.domain.errors import Refused
from app.domain.jobs import BatchFacts, Job, Work
from app.domain.permissions import within
from app.services import jobs, models
from app.services.audit.recording import record_batch
from app.services.checks import site_choice
from app.services.workplace import Workplace


@within
def model_for(workplace: Workplace, digest: str | None) -> BundleInfo:
    """The model that a batch reads with; the active one when left out.

    Raises:
        Refused: there is none that can.
    """
    if digest is not None:
        return models.usable(workplace, digest)
    info = models.active(workplace)
    if info is None:
        raise Refused(models.why_none(workplace))
    return info


@within
def enqueue_listed(
    workplace: Workplace, info: BundleInfo, *, kind: str, stored: str, title: str, explain: bool
) -> Job:
    """Enqueue a batch whose files the worker lists; the same one is never queued twice.

    Args:
        workplace: where.
        info: the model.
        kind: of what is listed.
        stored: what it is, as the row keeps it.
        title: of the batch.
        explain: also compute a heatmap of each image.
    """
    # The key's column is short and a path may be long.
    key = f"batch:{kind}:{hashlib.sha256(stored.encode()).hexdigest()}:{info.digest}:{explain}"
    facts = BatchFacts(title, folder=stored, explain=explain, listing=True)
    now = workplace.clock()
    with workplace.store.write() as tx:
        site = site_choice.in_use(tx, info.digest)
        work = Work("batch", f"{key}:{site}" if site else key, model=info.digest, site=site)
        job = jobs.enqueue(tx, work, now=now, batch=facts)
        if job.created_at == now:  # not one that is at it already
            record_batch(workplace, tx, "batch started", job)
        return job
