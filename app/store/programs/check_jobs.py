"""Jobs that check a model on a site's own images."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.checks import CheckRequest
from app.domain.errors import NotFound
from app.domain.jobs import Job
from app.store.jobs import to_job
from app.store.programs.program_jobs import ProgramJobs
from app.store.rows import JobEntry, SettingEntry

STOPPED = "The program was stopped during the check. Start it again."


class CheckJobs(ProgramJobs):
    """The jobs of checks inside one transaction; what was asked for is a remembered value."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "check", STOPPED)

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
        entry = self.begin_next(now)
        return None if entry is None else (to_job(entry), self.request(entry.id))

    def of_model(self, model: str, *, limit: int) -> tuple[Job, ...]:
        """The checks of a bundle: those that are not over, then the newest."""
        return tuple(self.newest_of(model, limit=limit))

    def delete(self, job_id: str) -> None:
        """Remove a check that is over."""
        entry = self._session.get(JobEntry, job_id)
        asked = self._session.get(SettingEntry, _key(job_id))
        for row in (entry, asked):
            if row is not None:
                self._session.delete(row)
        self._session.flush()


def _key(job_id: str) -> str:
    return f"check:{job_id}"
