"""Batches: progress, end, second try and removal of each."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.domain.figures.batch_view import BatchLink
from app.domain.jobs import BatchProgress, ItemState
from app.domain.studies.onlooker import Onlooker
from app.store.jobs import ACTIVE, Jobs, to_job
from app.store.rows import CaseEntry, JobEntry, JobItemEntry
from app.store.studies.blinding import shown_state


class Batches:
    """The batches of the job table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._jobs = Jobs(session)

    def progress(self, job_id: str, *, onlooker: Onlooker | None = None) -> BatchProgress:
        """Where a batch stands; refusals that are hidden from somebody count as done."""
        entry = self._jobs.entry(job_id)
        counts = self._counts(job_id, onlooker)
        return BatchProgress(
            job=to_job(entry),
            title=entry.title,
            explain=entry.explain,
            listing=entry.listing,
            total=sum(counts.values()),
            counts=counts,
        )

    def newest(self, *, limit: int, onlooker: Onlooker | None = None) -> tuple[BatchProgress, ...]:
        """The newest batches, newest first."""
        job_ids = self._session.scalars(
            select(JobEntry.id)
            .where(JobEntry.kind == "batch")
            .order_by(JobEntry.created_at.desc(), JobEntry.id)
            .limit(limit)
        )
        return tuple(self.progress(job_id, onlooker=onlooker) for job_id in list(job_ids))

    def titles(self, *, limit: int) -> tuple[tuple[str, str], ...]:
        """Id and title of the newest batches, newest first."""
        query = select(JobEntry.id, JobEntry.title).where(JobEntry.kind == "batch")
        query = query.order_by(JobEntry.created_at.desc(), JobEntry.id).limit(limit)
        return tuple(self._session.execute(query).tuples())

    def rename(self, job_id: str, name: str) -> None:
        """Give a batch another name."""
        self._jobs.entry(job_id, lock=True).title = name
        self._session.flush()

    def of_case(self, case_id: str) -> tuple[BatchLink, ...]:
        """The batches that an image came in, newest first; each once."""
        item = aliased(JobItemEntry)
        files = select(func.count()).where(item.job_id == JobEntry.id).scalar_subquery()
        rows = self._session.execute(
            select(
                JobEntry.id,
                JobEntry.title,
                func.min(JobItemEntry.position),
                files,
                JobEntry.created_at,
            )
            .join(JobEntry, JobEntry.id == JobItemEntry.job_id)
            .where(JobItemEntry.case_id == case_id, JobEntry.kind == "batch")
            .group_by(JobEntry.id, JobEntry.title, JobEntry.created_at)
            .order_by(JobEntry.created_at.desc(), JobEntry.id)
        )
        return tuple(BatchLink(*row) for row in rows.tuples())

    def is_any_open(self) -> bool:
        """Is there a batch that is not over?"""
        query = select(JobEntry.id).where(JobEntry.kind == "batch", JobEntry.state.in_(ACTIVE))
        return self._session.scalar(query.limit(1)) is not None

    def finish_all(self, now: datetime) -> None:
        """Finish the batches that have no file left to do."""
        open_item = exists().where(
            JobItemEntry.job_id == JobEntry.id, JobItemEntry.state.in_(ACTIVE)
        )
        self._session.execute(
            update(JobEntry)
            .where(
                and_(
                    JobEntry.kind == "batch",
                    JobEntry.state.in_(ACTIVE),
                    ~JobEntry.listing,
                    ~open_item,
                )
            )
            .values(state="done", progress=1.0, finished_at=now)
            .execution_options(synchronize_session=False)
        )
        self._session.expire_all()

    def resume(self, job_id: str, *, failed_too: bool) -> None:
        """Let a batch go on with what was not done, and with what failed where asked."""
        entry = self._jobs.entry(job_id, lock=True)
        if failed_too:
            self._session.execute(
                update(JobItemEntry)
                .where(
                    JobItemEntry.job_id == job_id,
                    JobItemEntry.state == "error",
                    or_(JobItemEntry.path.is_not(None), JobItemEntry.upload_key.is_not(None)),
                )
                .values(state="waiting", message="", attempts=0)
                .execution_options(synchronize_session=False)
            )
            self._session.expire_all()
        counts = self._counts(job_id, None)
        if entry.state not in ACTIVE and (entry.listing or counts.get("waiting")):
            entry.state, entry.cancel_requested = "waiting", False
            entry.message, entry.finished_at, entry.attempts = "", None, 0
        self._session.flush()

    def delete(self, job_id: str) -> set[str]:
        """Remove a batch and its rows; its cases stay. Returns keys of uploads it still held."""
        entry = self._jobs.entry(job_id)
        keys = set(
            self._session.scalars(
                select(JobItemEntry.upload_key).where(
                    JobItemEntry.job_id == job_id, JobItemEntry.upload_key.is_not(None)
                )
            )
        )
        self._session.delete(entry)
        self._session.flush()
        return {key for key in keys if key}

    def _counts(self, job_id: str, onlooker: Onlooker | None) -> dict[ItemState, int]:
        """Files of a batch by state."""
        query = select(shown_state(onlooker).label("state")).where(JobItemEntry.job_id == job_id)
        if onlooker is not None:
            query = query.outerjoin(CaseEntry, CaseEntry.id == JobItemEntry.case_id)
        states = query.subquery()
        rows = self._session.execute(select(states.c.state, func.count()).group_by(states.c.state))
        return {cast(ItemState, state): count for state, count in rows}
