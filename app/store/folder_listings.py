"""Folders of batches that are still to be walked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.jobs import MOST_ATTEMPTS, Job
from app.store.batch_items import BatchItems
from app.store.jobs import ACTIVE, begin_batch, one_row, to_job
from app.store.rows import JobEntry
from app.store.workers.holding import holder_of, is_abandoned, may_end
from dprotonet.images.file_names import printable

GIVEN_UP = f"the program stopped {MOST_ATTEMPTS} times meanwhile."


class FolderListings:
    """The batches of the job table whose folder is still being walked."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, now: datetime) -> tuple[Job, str] | None:
        """Take the oldest that nobody walks, and its folder.

        The folder is as :func:`dprotonet.images.file_names.stored_path` wrote it.
        """
        oldest = self._active().order_by(JobEntry.created_at, JobEntry.id).limit(1)
        entry = self._session.scalars(oldest.with_for_update(skip_locked=True)).first()
        if entry is None:
            return None
        begin_batch(entry, now)
        entry.attempts += 1
        entry.worker_id = holder_of(self._session)
        self._session.flush()
        return to_job(entry), entry.folder or ""

    def finish(self, job_id: str, note: str) -> None:
        """The folder was walked to its end; a batch that is gone is left alone.

        Args:
            job_id: of the batch.
            note: a remark on the folder; empty for none.
        """
        entry = self._entry(job_id)
        if entry is not None:
            entry.listing, entry.attempts, entry.message = False, 0, printable(note)
            entry.worker_id = None
            self._session.flush()

    def put_back(self, job_id: str) -> None:
        """Let a folder wait again without counting the attempt: the worker is leaving."""
        entry = self._entry(job_id)
        if entry is not None:
            entry.attempts -= 1
            entry.worker_id = None
            self._session.flush()

    def fail(self, job_id: str, reason: str, now: datetime) -> None:
        """Let a folder be walked once more; after several failures the batch goes on with the
        files listed so far, and says why."""
        entry = self._entry(job_id)
        if entry is not None:
            entry.worker_id = None
            if entry.attempts >= MOST_ATTEMPTS:
                self._give_up(entry, printable(reason), now)
            self._session.flush()

    def is_held(self, job_id: str) -> bool:
        """Is the folder still this worker's to walk? Nobody takes it until the transaction ends."""
        return self._entry(job_id) is not None

    def requeue_abandoned(self, now: datetime) -> None:
        """Give those up whose walk ended several workers; the others are walked again anyway."""
        entries = self._session.scalars(self._active().with_for_update(skip_locked=True))
        for entry in list(entries):
            if entry.attempts >= MOST_ATTEMPTS:
                with one_row(self._session):
                    self._give_up(entry, GIVEN_UP, now)

    def _entry(self, job_id: str) -> JobEntry | None:
        entry = self._session.get(JobEntry, job_id, with_for_update=True, populate_existing=True)
        if entry is None or not entry.listing:
            return None
        return entry if may_end(self._session, entry) else None

    def _active(self) -> Select[JobEntry]:
        return select(JobEntry).where(
            JobEntry.kind == "batch",
            JobEntry.state.in_(ACTIVE),
            JobEntry.listing,
            is_abandoned(self._session, JobEntry.worker_id),
        )

    def _give_up(self, entry: JobEntry, reason: str, now: datetime) -> None:
        listed = BatchItems(self._session).total(entry.id)
        entry.listing, entry.attempts, entry.worker_id = False, 0, None
        entry.message = f"What it reads could not be listed to its end: {reason}"
        if listed:
            entry.message += f" The {listed} files that were found are read."
        else:
            entry.state, entry.finished_at = "failed", now
        self._session.flush()
