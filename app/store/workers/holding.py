"""Which worker holds a piece of work, where several share a database.

Whoever claims a piece writes its own id to it. A worker that was silent for the lease holds nothing
any more: another takes its work up, and should it come back, it finds that it may not write how
that ended. Where there is one worker, which the folder's lock says of SQLite, nobody has an id, and
all that runs without being at hand was left by a worker that died.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.store.interventions.rows import InterventionEntry
from app.store.rows import JobItemEntry
from app.store.workers.clock import DatabaseTime
from app.store.workers.rows import WorkerEntry

LEASE_SECONDS = 20.0  # of silence, after which a worker counts as gone
KIND_LOCK = 0x64706B  # any number that no other use of the database takes
HOLDER = "holder"  # in a session: the id of the worker that it belongs to


class Held(Protocol):
    """A row that a worker may hold."""

    state: str
    worker_id: str | None


def holder_of(session: Session) -> str | None:
    """The worker that this transaction belongs to; None of a server's, and of an only worker."""
    holder: str | None = session.info.get(HOLDER)
    return holder


def may_end(session: Session, entry: Held) -> bool:
    """May this transaction write how a piece of work ended, or was it given to another worker?"""
    holder = holder_of(session)
    return holder is None or (entry.state == "running" and entry.worker_id == holder)


def is_abandoned(
    session: Session, column: InstrumentedAttribute[str | None]
) -> ColumnElement[bool]:
    """The condition that nobody else is at work on a row.

    So is what the worker holds that asks: it does so between two pieces of work.
    """
    holder = holder_of(session)
    left = is_left(column)
    return left if holder is None else or_(left, column == holder)


def is_left(column: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
    """The condition that whoever worked on a row is gone, or was an only worker."""
    living = exists().where(
        WorkerEntry.id == column, WorkerEntry.seen_at >= DatabaseTime(ago=LEASE_SECONDS)
    )
    return or_(column.is_(None), ~living)


def put_back_held(session: Session, rows: type[JobItemEntry] | type[InterventionEntry]) -> int:
    """Let rows wait again that the transaction's worker holds, without counting the attempt.

    Returns:
        How many there were.
    """
    changed = session.execute(
        update(rows)
        .where(rows.state == "running", rows.worker_id == holder_of(session))
        .values(state="waiting", attempts=rows.attempts - 1, worker_id=None)
        .returning(rows.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.expire_all()
    return len(changed)


def lock_kind(session: Session, kind: str) -> None:
    """Nobody else takes a job of this kind until the transaction ends; on SQLite the write lock
    already says so."""
    if session.get_bind().dialect.name == "postgresql":
        number = zlib.crc32(kind.encode("ascii"))
        session.execute(select(func.pg_advisory_xact_lock(KIND_LOCK, number - (1 << 31))))
