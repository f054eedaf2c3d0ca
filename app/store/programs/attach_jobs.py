"""Jobs that look through a folder for pictures of a model's source images."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.domain.jobs import Job
from app.store.jobs import ACTIVE, to_job
from app.store.programs.program_jobs import ProgramJobs
from app.store.rows import JobEntry

STOPPED = "The program was stopped during the search. What was found stays. Start it again."


class AttachJobs(ProgramJobs):
    """The jobs of such searches inside one transaction."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "attach", STOPPED)

    def claim(self, now: datetime) -> tuple[Job, str] | None:
        """Take the oldest waiting job and its folder; None while another one is running.

        The folder is as :func:`dprotonet.images.file_names.stored_path` wrote it.
        """
        entry = self.begin_next(now)
        return None if entry is None else (to_job(entry), entry.folder or "")

    def forget(self, model: str) -> None:
        """Remove the searches of a bundle that are over, with what they said."""
        self._session.execute(
            delete(JobEntry).where(
                JobEntry.kind == "attach",
                JobEntry.model == model,
                JobEntry.state.not_in(ACTIVE),
            )
        )
