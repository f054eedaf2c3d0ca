"""What becomes of a piece of work that fails: one sentence for the reader, one line in the log."""

from __future__ import annotations

import logging
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import DiskFull, Unavailable
from app.domain.jobs import Job, JobState
from app.domain.permissions import within
from app.services.workplace import Workplace
from app.store.errors import readable_error
from app.store.sql_store import Transaction
from dprotonet.errors import Cancelled, ReadableError

log = logging.getLogger(__name__)
UNEXPECTED = "Unexpected error; see the application log. Other cases are not touched."


@within
@contextmanager
def attempt(workplace: Workplace, fail: Callable[[Transaction, str], None]) -> Iterator[None]:
    """One attempt at a piece of work, which was counted before it began.

    An error that leaves the ``with`` block costs this attempt and stops nothing else.

    Args:
        workplace: whose store the reason is written to.
        fail: called with a transaction and the reason; lets the work wait for the next attempt, or
            gives it up after the last one.
    """
    try:
        yield
    except Exception as error:
        reason = sentence(error)
        with workplace.store.write() as tx:
            fail(tx, reason)


@within
def do_once(
    workplace: Workplace,
    job: Job,
    work: Callable[[], str],
    *,
    stop: Callable[[], bool],
    stopped: str,
    folder: Path | None = None,
) -> None:
    """Do the work of a long job, and say in its row how it ended; it is not begun again by itself.

    Args:
        work: returns what the row says of what was done, empty for nothing. Raises
            :class:`Cancelled` where the job is not wanted any more, or the worker ends.
        stop: asked whether the worker ends.
        stopped: what the row says where that is why the work was cut off.
        folder: of the job's files; it stays only if the work is done.
    """
    state: JobState
    try:
        state, message = "done", work()
    except Cancelled:
        state, message = "cancelled", stopped if stop() else "Cancelled."
    except Exception as error:
        state, message = "failed", sentence(error)
    with workplace.store.write() as tx:
        tx.jobs.finish(job.job_id, state=state, now=workplace.clock(), message=message)
    if folder is not None and state != "done":
        shutil.rmtree(folder, ignore_errors=True)


def is_outage(error: Exception) -> bool:
    """Is it the store that failed, and not this piece of work? Then the work waits for it.

    A full disk may be full for this piece alone, so it is the piece's error: others go on.
    """
    return isinstance(error, Unavailable) and not isinstance(error, DiskFull)


def sentence(error: Exception) -> str:
    """What the reader sees of a failure; the log gets the traceback, never the contents."""
    if isinstance(error, ReadableError):
        return str(error)
    known = readable_error(error)
    if known is not None:
        return str(known)
    if isinstance(error, FileNotFoundError):
        return "The stored file is missing. Upload it again."
    if isinstance(error, MemoryError):
        return "This file needs more memory than there is. Export the image at a smaller size."
    log.error(
        "unexpected %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )
    return UNEXPECTED
