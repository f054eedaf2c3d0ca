"""What the system and the databases say when they cannot go on, as sentences for the reader.

The one place where their errors are read: what goes out names the fact and the mend, and never
quotes them, since they may hold a file's name or a row's contents.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.domain.errors import Damaged, DiskFull, Unavailable

log = logging.getLogger(__name__)

FULL = (
    "The disk is full, so this was not saved. "
    "Delete cases that nobody needs, or free some space on the disk, then try again."
)
READ_ONLY = (
    "The data folder is read-only. Make it writable, or name another folder with DPROTONET_DATA."
)
NO_RIGHT = (
    "This user may not read and write in the data folder. Give this user the right to, "
    "or name another folder with DPROTONET_DATA."
)
UNREACHABLE = (
    "The database cannot be reached. Check whether it is running, and whether address, name, user "
    "and password in DPROTONET_DATABASE_URL are right."
)
UNOPENED = (
    "The database file cannot be opened. Check whether the data folder is there and whether this "
    "user may read and write in it."
)
DAMAGED = (
    "The database is damaged. Stop the program and restore a backup with: "
    "python -m app restore FILE"
)
FAULTY = "The disk reports an error. Check the disk, then start the program again."
BUSY = "The database is busy with other work. Try again in a moment."
NO_TABLES = (
    "The database has lost this program's tables. Stop the program and restore a backup with: "
    "python -m app restore FILE"
)

_KINDS: dict[str, type[Unavailable]] = {FULL: DiskFull, DAMAGED: Damaged}
_SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: NO_RIGHT,
    errno.EPERM: NO_RIGHT,
    errno.EIO: FAULTY,
}
# Result codes: https://www.sqlite.org/rescode.html; the low byte is the primary code.
_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: NO_RIGHT,
    sqlite3.SQLITE_CANTOPEN: UNOPENED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_IOERR: FAULTY,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
}
# The journal's index is made larger before anything is written: on a full disk that fails first.
_SQLITE_NO_ROOM = {sqlite3.SQLITE_IOERR_SHMSIZE}
# Codes: PostgreSQL's appendix A; first the whole code, then its class.
_POSTGRES = {
    "53100": FULL,
    "53300": BUSY,
    "25006": READ_ONLY,
    "42P01": NO_TABLES,
    "XX001": DAMAGED,
    "XX002": DAMAGED,
    "55P03": BUSY,
    "08": UNREACHABLE,
    "28": UNREACHABLE,
    "3D": UNREACHABLE,
    "40": BUSY,
    "57": UNREACHABLE,
    "58": FAULTY,
}


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn what the disk or the database complains of into a readable error.

    Everything else, a broken constraint or a defect, goes through as it is.

    Raises:
        Unavailable: with the sentence; DiskFull where there is no room.
    """
    try:
        yield
    except (OSError, SQLAlchemyError, sqlite3.Error) as error:
        readable = readable_error(error)
        if readable is None:
            raise
        log.error("%s: %s", type(error).__name__, readable)
        raise readable from error


def readable_error(error: BaseException) -> Unavailable | None:
    """The readable error for one of the system's or a database's; None where it is neither."""
    sentence = _sentence(error)
    if sentence is None:
        return None
    return _KINDS.get(sentence, Unavailable)(sentence)


def _sentence(error: BaseException) -> str | None:
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return UNREACHABLE
        return None if error.orig is None else _sentence(error.orig)
    if isinstance(error, sqlite3.Error):
        return _sqlite_sentence(error)
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno or 0)
    if type(error).__module__.partition(".")[0] == "psycopg":
        return _postgres_sentence(error)
    return None


def _sqlite_sentence(error: sqlite3.Error) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code in _SQLITE_NO_ROOM:
        return FULL
    if code == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"):
        return NO_TABLES
    return _SQLITE.get(code & 0xFF)


def _postgres_sentence(error: BaseException) -> str | None:
    code = getattr(error, "sqlstate", None)
    if code:
        return _POSTGRES.get(code) or _POSTGRES.get(code[:2])
    # Without a code the server was never reached, or went away.
    names = {kind.__name__ for kind in type(error).__mro__}
    return UNREACHABLE if names & {"OperationalError", "InterfaceError"} else None
