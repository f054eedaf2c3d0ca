"""What becomes of a piece of work that fails: one sentence for the reader, one line in the log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.domain.errors import DiskFull, Unavailable
from app.services.workplace import Workplace
from app.store.errors import readable_error
from app.store.sql_store import Transaction
from dprotonet.errors import ReadableError

log = logging.getLogger(__name__)
UNEXPECTED = "Unexpected error; see the application log. Other images are not touched."


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
        return "The stored file is missing. Upload the image again."
    if isinstance(error, MemoryError):
        return "This image needs more memory than there is. Export it at a smaller size."
    log.error(
        "unexpected %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )
    return UNEXPECTED
