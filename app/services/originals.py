"""Originals and heatmaps as files: kept with their rows, removed with them, never on our own.

Only a reader's deletion removes a file. What no row names at a start, because the program was
killed or the database is an older one, is put aside, and comes back when a database names it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from app.domain.permissions import needs, within
from app.services.workplace import Workplace
from app.store.files.blobs import Staged
from app.store.files.orphans import Orphan
from app.store.sql_store import Transaction
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)
MOST_ASIDE = 10  # files that one start puts aside, or, where that is more,
MOST_FRACTION = 0.05  # of all files: beyond both the database is rather the wrong one
CHUNK = 100  # files moved under one write lock: others wait no longer


@dataclass(frozen=True)
class Tidied:
    """What a start did with the files."""

    brought_back: int
    """Orphans that the database names."""
    put_aside: int
    """Files that no row names."""
    left: int
    """Files that no row names, too many to be put aside."""
    missing: int
    """Files that rows name and that are nowhere."""


@within
@contextmanager
def keeping(workplace: Workplace) -> Iterator[tuple[Transaction, Callable[[Staged], str]]]:
    """A write transaction with a way to keep staged files in it.

    After an exception the files it brought are taken away again; one that was there before stays.
    """
    brought: set[str] = set()

    def keep(staged: Staged) -> str:
        is_new = not workplace.blobs.exists(staged.key)
        if is_new:
            brought.add(staged.key)
        if staged.identity is not None:
            tx.identities.put(staged.key, staged.identity)
        return workplace.blobs.keep(staged, is_new=is_new)

    try:
        with workplace.store.write() as tx:
            tx.lock_blobs()
            yield tx, keep
    except BaseException:
        try:
            release_blobs(workplace, brought)
        except ReadableError:
            log.warning("%d files are left for the next start", len(brought))
        raise


@within
def release_blobs(workplace: Workplace, keys: set[str]) -> None:
    """Remove those blobs that no row names now.

    The check and the removal happen under the store's write lock, in which blobs are also added,
    so that a blob that is being imported again is never lost.
    """
    if not keys:
        return
    with workplace.store.write() as tx:
        tx.lock_blobs()
        for key in keys:
            if not tx.blob_in_use(key):
                workplace.blobs.delete(key)
                tx.identities.delete(key)


@within
def remove(workplace: Workplace, change: Callable[[Transaction], set[str]]) -> None:
    """Remove rows, then the files that no row names now, then what the journal still holds.

    In this order a crash leaves a file without a row, never a row without its file. It works on
    a full disk too.

    Args:
        workplace: where.
        change: removes the rows and says which files they named.
    """
    release_blobs(workplace, workplace.store.delete(change))
    workplace.store.forget_deleted()


@needs("run the program")
def tidy(workplace: Workplace) -> Tidied:
    """Bring files and rows together at a start: no file is removed.

    Orphans that the database names come back. Files that no row names are put aside, unless they
    are many: then they stay where they are, for the database may be the wrong one.
    """
    workplace.blobs.clear_staging()
    with workplace.store.read() as tx:
        named = tx.named_blobs()
    kept = set(workplace.blobs.all_keys())
    brought_back = _bring_back(workplace, named - kept)
    unnamed = kept - named
    is_many = len(unnamed) > max(MOST_ASIDE, MOST_FRACTION * len(kept))
    done = Tidied(
        brought_back=brought_back,
        put_aside=0 if is_many else _put_aside(workplace, unnamed),
        left=len(unnamed) if is_many else 0,
        missing=_missing(workplace, named - kept),
    )
    _report(done, of=len(kept))
    return done


@needs("run the program")
def orphans(workplace: Workplace) -> list[Orphan]:
    """The files that were put aside, the oldest first."""
    return workplace.blobs.orphans.all()


@needs("run the program")
def delete_orphans(workplace: Workplace) -> int:
    """Remove for good what was put aside, except the only copy of a file that a row names.

    Returns:
        How many files were removed.
    """
    remaining = iter(orphans(workplace))
    removed = 0
    while chunk := list(islice(remaining, CHUNK)):
        with workplace.store.write() as tx:
            tx.lock_blobs()
            for orphan in chunk:
                if workplace.blobs.exists(orphan.key) or not tx.blob_in_use(orphan.key):
                    workplace.blobs.orphans.delete(orphan)
                    if not tx.blob_in_use(orphan.key):
                        tx.identities.delete(orphan.key)
                    removed += 1
    return removed


def _bring_back(workplace: Workplace, wanted: set[str]) -> int:
    if not wanted:
        return 0
    orphan_of = {orphan.key: orphan for orphan in orphans(workplace) if orphan.key in wanted}

    def bring(key: str, is_named: bool) -> bool:
        if not is_named or workplace.blobs.exists(key):
            return False
        workplace.blobs.bring_back(orphan_of[key])
        return True

    return _under_lock(workplace, orphan_of, bring)


def _put_aside(workplace: Workplace, unnamed: set[str]) -> int:
    day = workplace.clock().date().isoformat()
    return _under_lock(
        workplace,
        unnamed,
        lambda key, is_named: not is_named and workplace.blobs.set_aside(key, day=day),
    )


def _under_lock(
    workplace: Workplace, keys: Iterable[str], move: Callable[[str, bool], bool]
) -> int:
    """Move files under the write lock, since a row may have come to name one in the meantime."""
    remaining = iter(keys)
    moved = 0
    while chunk := list(islice(remaining, CHUNK)):
        with workplace.store.write() as tx:
            tx.lock_blobs()
            moved += sum(move(key, tx.blob_in_use(key)) for key in chunk)
    return moved


def _missing(workplace: Workplace, candidates: set[str]) -> int:
    absent = {key for key in candidates if not workplace.blobs.exists(key)}
    if not absent:
        return 0
    with workplace.store.read() as tx:  # a case may have been deleted since
        return len(absent & tx.named_blobs())


def _report(done: Tidied, *, of: int) -> None:
    if done.brought_back:
        log.warning("%d files came back that had been put aside", done.brought_back)
    if done.put_aside:
        log.warning(
            "%d of %d files are named by no row; they were put aside: python -m app orphans",
            done.put_aside,
            of,
        )
    if done.left:
        log.error(
            "%d of %d files are named by no row: too many to be put aside. Is this the right "
            "database? A backup is restored with: python -m app restore FILE",
            done.left,
            of,
        )
    if done.missing:
        log.error(
            "%d files that the database names are missing: copy the folder of the originals "
            "back from your backup",
            done.missing,
        )
