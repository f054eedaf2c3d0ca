"""Long jobs beside the worker's own: one of a kind at a time, and none begun again by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.jobs import Job, JobKind
from app.store.jobs import ACTIVE, begin, one_row, to_job
from app.store.rows import JobEntry
from app.store.workers.holding import is_left, lock_kind


class ProgramJobs:
    """The jobs of one kind inside one transaction.

    Args:
        kind: of the jobs.
        stopped: what a job's row says whose worker died with it.
    """

    def __init__(self, session: Session, kind: JobKind, stopped: str) -> None:
        self._session, self._kind, self._stopped = session, kind, stopped

    def is_any_waiting(self) -> bool:
        """Is there a job to be taken? Cheap enough to ask often."""
        query = select(JobEntry.id).where(JobEntry.state == "waiting", JobEntry.kind == self._kind)
        return self._session.scalar(query.limit(1)) is not None

    def begin_next(self, now: datetime) -> JobEntry | None:
        """Take the oldest waiting job; None while another one is running, or without any."""
        lock_kind(self._session, self._kind)
        if self._first("running") is not None:
            return None
        entry = self._first("waiting")
        if entry is None:
            return None
        begin(self._session, entry, now)
        return entry

    def end_abandoned(self, now: datetime) -> int:
        """End the jobs whose worker died with them: such a job takes long, so whether to begin
        again is for a person to say.

        Returns:
            How many there were.
        """
        query = select(JobEntry).where(
            JobEntry.state == "running",
            JobEntry.kind == self._kind,
            is_left(JobEntry.worker_id),
        )
        entries = list(self._session.scalars(query.with_for_update(skip_locked=True)))
        for entry in entries:
            with one_row(self._session):
                entry.state, entry.message, entry.finished_at = "failed", self._stopped, now
        return len(entries)

    def newest_of(self, model: str, *, limit: int) -> Sequence[Job]:
        """The jobs of a bundle: those that are not over, then the newest."""
        entries = self._session.scalars(
            select(JobEntry)
            .where(JobEntry.kind == self._kind, JobEntry.model == model)
            .order_by(JobEntry.state.in_(ACTIVE).desc(), JobEntry.created_at.desc(), JobEntry.id)
            .limit(limit)
        )
        return tuple(to_job(entry) for entry in entries)

    def last_of(self, model: str) -> Job | None:
        """The newest job of a bundle, over or not."""
        return next(iter(self.newest_of(model, limit=1)), None)

    def _first(self, state: str) -> JobEntry | None:
        return self._session.scalars(
            select(JobEntry)
            .where(JobEntry.state == state, JobEntry.kind == self._kind)
            .order_by(JobEntry.created_at, JobEntry.id)
            .limit(1)
            .with_for_update(skip_locked=state == "waiting")
        ).first()
