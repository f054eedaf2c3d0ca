"""Jobs that check a model on a site's own images: one is done at a time, none begun again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.checks import CheckRequest
from app.domain.errors import NotFound
from app.domain.jobs import Job
from app.store.jobs import ACTIVE, begin, one_row, to_job
from app.store.rows import JobEntry, SettingEntry

STOPPED = "The program was stopped during the check. Start it again."
KIND = "check"


class CheckJobs:
    """The jobs of checks inside one transaction; what was asked for is a remembered value."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, job_id: str, request: CheckRequest) -> None:
        """Keep what a job that was just enqueued is to do; a later asking changes nothing."""
        if self._session.get(SettingEntry, _key(job_id)) is None:
            self._session.add(SettingEntry(key=_key(job_id), value=asdict(request)))
            self._session.flush()

    def request(self, job_id: str) -> CheckRequest:
        """What a job is to do.

        Raises:
            NotFound: it was deleted.
        """
        entry = self._session.get(SettingEntry, _key(job_id))
        if entry is None:
            raise NotFound("This check no longer exists.")
        return CheckRequest(**entry.value)

    def claim(self, now: datetime) -> tuple[Job, CheckRequest] | None:
        """Take the oldest waiting job; None while another one is running, or without any."""
        if self._first("running") is not None:
            return None
        entry = self._first("waiting")
        if entry is None:
            return None
        begin(entry, now)
        self._session.flush()
        return to_job(entry), self.request(entry.id)

    def is_any_waiting(self) -> bool:
        """Is there a job to be taken? Cheap enough to ask often."""
        query = select(JobEntry.id).where(JobEntry.state == "waiting", JobEntry.kind == KIND)
        return self._session.scalar(query.limit(1)) is not None

    def end_abandoned(self, now: datetime) -> None:
        """End the jobs whose worker died with them, at the start of the next one."""
        query = select(JobEntry).where(JobEntry.state == "running", JobEntry.kind == KIND)
        for entry in list(self._session.scalars(query)):
            with one_row(self._session):
                entry.state, entry.message, entry.finished_at = "failed", STOPPED, now

    def of_model(self, model: str, *, limit: int) -> tuple[Job, ...]:
        """The checks of a bundle: those that are not over, then the newest."""
        entries = self._session.scalars(
            select(JobEntry)
            .where(JobEntry.kind == KIND, JobEntry.model == model)
            .order_by(JobEntry.state.in_(ACTIVE).desc(), JobEntry.created_at.desc(), JobEntry.id)
            .limit(limit)
        )
        return tuple(to_job(entry) for entry in entries)

    def delete(self, job_id: str) -> None:
        """Remove a check that is over."""
        entry = self._session.get(JobEntry, job_id)
        asked = self._session.get(SettingEntry, _key(job_id))
        for row in (entry, asked):
            if row is not None:
                self._session.delete(row)
        self._session.flush()

    def _first(self, state: str) -> JobEntry | None:
        return self._session.scalars(
            select(JobEntry)
            .where(JobEntry.state == state, JobEntry.kind == KIND)
            .order_by(JobEntry.created_at, JobEntry.id)
            .limit(1)
            .with_for_update(skip_locked=state == "waiting")
        ).first()


def _key(job_id: str) -> str:
    return f"check:{job_id}"
