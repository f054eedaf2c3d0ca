"""Workers: their signs of life, and what they leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from app.store.workers.clock import DatabaseTime
from app.store.workers.holding import LEASE_SECONDS, holder_of
from app.store.workers.rows import WorkerEntry

FORGOTTEN_SECONDS = 3600.0  # after which the row of a worker that is gone is removed


@dataclass(frozen=True)
class LivingWorker:
    """A worker that gave a sign of life."""

    worker_id: str
    pid: int
    """Of its process, on whichever machine that runs."""
    device: str
    """What its models run on: cpu, or cuda with a number."""
    memory: int
    """Resident bytes; 0 where the system does not say."""
    started_at: datetime
    seen_at: datetime
    """By the database's clock."""


class Workers:
    """The table of workers inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sign(self, *, pid: int, device: str, memory: int) -> None:
        """Give the sign of life of the worker that this transaction belongs to."""
        now, mine = DatabaseTime(), WorkerEntry.id == self._holder()
        known = self._session.scalar(
            update(WorkerEntry)
            .where(mine)
            .values(memory=memory, seen_at=now)
            .returning(WorkerEntry.id)
            .execution_options(synchronize_session=False)
        )
        if known is None:
            self._session.execute(
                insert(WorkerEntry).values(
                    id=self._holder(),
                    pid=pid,
                    device=device,
                    memory=memory,
                    started_at=now,
                    seen_at=now,
                )
            )

    def living(self) -> tuple[LivingWorker, ...]:
        """The workers that are not silent, the oldest first."""
        entries = self._session.scalars(
            select(WorkerEntry)
            .where(_seen_within(LEASE_SECONDS))
            .order_by(WorkerEntry.started_at, WorkerEntry.id)
        )
        return tuple(
            LivingWorker(one.id, one.pid, one.device, one.memory, one.started_at, one.seen_at)
            for one in entries
        )

    def leave(self) -> None:
        """Remove the worker that this transaction belongs to: it ends."""
        self._session.execute(delete(WorkerEntry).where(WorkerEntry.id == self._holder()))

    def forget_silent(self) -> None:
        """Remove workers that have been gone for long."""
        self._session.execute(delete(WorkerEntry).where(~_seen_within(FORGOTTEN_SECONDS)))

    def _holder(self) -> str:
        holder = holder_of(self._session)
        if holder is None:
            raise ValueError("this store belongs to no worker")
        return holder


def _seen_within(seconds: float) -> ColumnElement[bool]:
    return WorkerEntry.seen_at >= DatabaseTime(ago=seconds)
