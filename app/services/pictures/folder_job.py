"""A server folder is looked through for a model's source images, by the worker.

Whoever asked for it may leave the page meanwhile; what was found stays, however the search ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from app.domain.jobs import BatchFacts, Job, Work
from app.domain.permissions import needs
from app.services import batches, jobs
from app.services.audit.recording import record
from app.services.deidentify import names
from app.services.inference.failures import do_once
from app.services.pictures.attach import Attached, FolderSearch
from app.services.workplace import Workplace
from app.store.programs.attach_jobs import STOPPED
from dprotonet.errors import Cancelled

STEP_SECONDS = 0.5  # of a search, between two looks at whether it is still wanted
MOST_PROBLEMS = 3
"""Files that are named where they are needed and could not be used."""


@needs("change models")
def start(workplace: Workplace, model: str, folder: str | Path) -> Job:
    """Let the worker look through a folder; the same search is never done twice at once.

    Args:
        model: digest of the bundle.
        folder: a server folder that the settings allow.

    Raises:
        NotFound: there is no such model.
        Refused: the folder may not be read.
    """
    digest = workplace.models.get(model).digest
    real = batches.allowed_folder(workplace, folder)
    stored = names.stored(workplace, real)
    key = f"attach:{digest}:{hashlib.sha256(stored.encode()).hexdigest()}"
    facts = BatchFacts(names.folder_shown(workplace, real), folder=stored)
    now = workplace.clock()
    with workplace.store.write() as tx:
        work = Work("attach", key, model=digest)
        job = jobs.enqueue(tx, work, now=now, batch=facts)
        if job.created_at == now:  # not one that is at it already
            record(workplace, tx, "pictures searched for", subject=digest, bundle=digest)
        return job


@needs("see cases")
def newest(workplace: Workplace, model: str) -> Job | None:
    """The search of a model that is not over, or the latest."""
    with workplace.store.read() as tx:
        return tx.attaching.last_of(model)


@needs("run the program")
def claim(workplace: Workplace) -> tuple[Job, str] | None:
    """Take the next search and its folder, if there is one and none is at work."""
    return jobs.claim(workplace, lambda tx: tx.attaching)


@needs("run the program")
def run(workplace: Workplace, job: Job, request: str, *, stop: Callable[[], bool]) -> None:
    """Do one search, and say in its row how it ended.

    Args:
        request: the folder, as :func:`claim` gives it.
        stop: asked whether the worker ends.
    """
    do_once(
        workplace,
        job,
        lambda: _search(workplace, job, request, stop),
        stop=stop,
        stopped=STOPPED,
    )


def _search(workplace: Workplace, job: Job, folder: str, stop: Callable[[], bool]) -> str:
    """What was compared, and what could not be used."""
    # Whether the folder is allowed is asked again: the settings may have changed since.
    search = FolderSearch(workplace, job.model or "", names.opened(workplace, folder))
    while not (state := search.step(STEP_SECONDS)).is_over:
        done = None if state.total is None else state.looked_at / max(state.total, 1)
        with workplace.store.write() as tx:
            unwanted = tx.jobs.beat(job.job_id, progress=done, now=workplace.clock())
        if unwanted or stop():
            raise Cancelled
    return compared_text(state)


def compared_text(state: Attached) -> str:
    """How many files were compared, and what could not be used, as sentences."""
    files = "1 file" if state.looked_at == 1 else f"{state.looked_at:,} files"
    return " ".join([f"{files} compared.", *state.problems[:MOST_PROBLEMS]])
