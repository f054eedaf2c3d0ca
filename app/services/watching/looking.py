"""A look at the watched folders: files that have stopped growing become a batch, each once.

A file is taken when its size and the time of its last change are what they were at the look
before. That it was taken and the row of the batch that reads it are written in one transaction, so
a worker that is killed at any moment neither loses a file nor takes it twice. One that is written
to later is taken again; the same content under another name is found when it is read, by its hash.
Originals are only read.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from app.domain.errors import Refused
from app.domain.jobs import BatchFacts, Work
from app.domain.permissions import needs
from app.services import jobs, models
from app.services.audit.recording import record_batch
from app.services.checks import site_choice
from app.services.deidentify import names
from app.services.workplace import Workplace
from app.store.sql_store import Transaction
from app.store.watching.watched_files import Sight
from dprotonet.images.discs.listing import FolderFile
from dprotonet.images.walk import FoundFile, walk

log = logging.getLogger(__name__)
CHUNK = 2000  # files of one transaction, and of one batch at most


@needs("run the program")
def look_around(
    workplace: Workplace,
    *,
    between: Callable[[], None] = lambda: None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Look at each watched folder whose turn it is.

    Args:
        workplace: where.
        between: called after each part of a large folder: does the work that goes first.
        stop: should the worker leave?

    Returns:
        How many files were taken.
    """
    taken, every = 0, timedelta(seconds=workplace.settings.watch_seconds)
    for folder in workplace.settings.watched:
        key = _key(names.stored(workplace, folder))
        with workplace.store.write() as tx:
            if not tx.watched_files.begin_look(key, workplace.clock(), every=every):
                continue
        files = walk([folder])
        while not stop() and (part := list(islice(files, CHUNK))):
            taken += _take(workplace, folder, key, part)
            between()
    return taken


@needs("add images")
def watched_folders(workplace: Workplace) -> tuple[str, ...]:
    """The names of the watched folders, as a page shows them."""
    return tuple(names.folder_shown(workplace, folder) for folder in workplace.settings.watched)


def _take(workplace: Workplace, folder: Path, folder_key: str, part: list[FoundFile]) -> int:
    paths = {key: (file, sight) for key, file, sight in _sights(workplace, part)}
    try:
        with workplace.store.write() as tx:
            seen = {key: sight for key, (_, sight) in paths.items()}
            taken = tx.watched_files.take(folder_key, seen)
            if taken:
                found = [file for key, (file, _) in paths.items() if key in taken]
                _begin_batch(workplace, tx, folder, found)
    except Refused as error:  # nothing was taken: the next look finds it all again
        log.warning("a watched folder has new files, and no batch begins: %s", error)
        return 0
    if taken:
        log.info("%d new files of a watched folder became a batch", len(taken))
    return len(taken)


def _sights(workplace: Workplace, part: list[FoundFile]) -> Iterator[tuple[str, FoundFile, Sight]]:
    for file in part:
        try:
            facts = file.path.lstat()
        except OSError:  # it went meanwhile
            continue
        sight = Sight(facts.st_size, facts.st_mtime_ns)
        yield _key(names.stored(workplace, file.relative)), file, sight


def _begin_batch(
    workplace: Workplace, tx: Transaction, folder: Path, found: list[FoundFile]
) -> None:
    info = models.active(workplace)
    if info is None:
        raise Refused(models.why_none(workplace))
    facts = BatchFacts(
        names.folder_shown(workplace, folder),
        folder=names.stored(workplace, folder),
        explain=workplace.settings.watch_explains,
    )
    site = site_choice.in_use(tx, info.digest)
    work = Work("batch", f"batch:watch:{jobs.new_id()}", model=info.digest, site=site)
    job = jobs.enqueue(tx, work, now=workplace.clock(), batch=facts)
    tx.batch_items.add(job.job_id, [names.found(workplace, FolderFile(one)) for one in found])
    record_batch(workplace, tx, "batch started", job)


def _key(stored: str) -> str:
    return hashlib.sha256(stored.encode()).hexdigest()
