"""The files of batches: claimed one at a time, so that a kill costs one file's work at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.jobs import (
    MOST_ATTEMPTS,
    BatchProgress,
    ItemState,
    Job,
)
from app.store.jobs import ACTIVE, Jobs, to_job
from app.store.rows import JobEntry, JobItemEntry

GIVEN_UP = (
    f"The program stopped {MOST_ATTEMPTS} times while it worked on this file, so it was left out. "
    "The file may need more memory than there is."
)


@dataclass(frozen=True)
class NewItem:
    """One file to be added to a batch."""

    name: str
    path: str | None = None
    """Inside the batch's folder, or"""
    upload_key: str | None = None
    """key of the uploaded bytes."""
    state: ItemState = "waiting"
    message: str = ""


@dataclass(frozen=True)
class ClaimedItem:
    """One file the worker has taken."""

    item_id: int
    job: Job
    name: str
    folder: str | None
    path: str | None
    upload_key: str | None
    explain: bool
    case_id: str | None
    """Of an earlier attempt that got as far as the case."""


class Items:
    """The job_item table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._jobs = Jobs(session)

    def add(self, job_id: str, items: Iterable[NewItem]) -> int:
        """Append files to a batch; a path that is there already is passed over."""
        items = list(items)
        paths = [item.path for item in items if item.path is not None]
        known: set[str | None] = set(
            self._session.scalars(
                select(JobItemEntry.path).where(
                    JobItemEntry.job_id == job_id, JobItemEntry.path.in_(paths)
                )
            )
        )
        position = self.total(job_id)
        added = 0
        for item in items:
            if item.path is not None and item.path in known:
                continue
            self._session.add(
                JobItemEntry(
                    job_id=job_id,
                    position=position + added,
                    name=item.name,
                    path=item.path,
                    upload_key=item.upload_key,
                    state=item.state,
                    message=item.message,
                    attempts=0,
                    file_sha256="",
                )
            )
            added += 1
        self._session.flush()
        return added

    def total(self, job_id: str) -> int:
        """Files of a batch so far."""
        return (
            self._session.scalar(
                select(func.count()).select_from(JobItemEntry).where(JobItemEntry.job_id == job_id)
            )
            or 0
        )

    def counts(self, job_id: str) -> dict[ItemState, int]:
        """Files of a batch by state."""
        found = self._session.execute(
            select(JobItemEntry.state, func.count())
            .where(JobItemEntry.job_id == job_id)
            .group_by(JobItemEntry.state)
        )
        return {cast(ItemState, state): count for state, count in found}

    def progress(self, job_id: str) -> BatchProgress:
        """Where a batch stands."""
        entry = self._jobs.entry(job_id)
        counts = self.counts(job_id)
        return BatchProgress(
            job=to_job(entry),
            title=entry.title,
            explain=entry.explain,
            listing=entry.listing,
            total=sum(counts.values()),
            counts=counts,
        )

    def batches(self, *, limit: int) -> tuple[BatchProgress, ...]:
        """All batches, newest first."""
        found = self._session.scalars(
            select(JobEntry.id)
            .where(JobEntry.kind == "batch")
            .order_by(JobEntry.created_at.desc(), JobEntry.id)
            .limit(limit)
        )
        return tuple(self.progress(job_id) for job_id in list(found))

    def is_any_open(self) -> bool:
        """Is there a batch that is not over?"""
        query = select(JobEntry.id).where(JobEntry.kind == "batch", JobEntry.state.in_(ACTIVE))
        return self._session.scalar(query.limit(1)) is not None

    def next_listing(self, now: datetime) -> tuple[Job, str] | None:
        """A batch whose folder is still to be walked, and that folder."""
        entry = self._session.scalars(
            select(JobEntry)
            .where(JobEntry.kind == "batch", JobEntry.state.in_(ACTIVE), JobEntry.listing)
            .order_by(JobEntry.created_at, JobEntry.id)
            .limit(1)
        ).first()
        if entry is None:
            return None
        _begin(entry, now)
        self._session.flush()
        return to_job(entry), entry.folder or ""

    def listed(self, job_id: str) -> None:
        """The folder was walked to its end."""
        self._jobs.entry(job_id).listing = False
        self._session.flush()

    def claim(self, now: datetime) -> ClaimedItem | None:
        """Take the next waiting file of the oldest batch."""
        found = self._session.execute(
            select(JobItemEntry, JobEntry)
            .join(JobEntry, JobEntry.id == JobItemEntry.job_id)
            .where(JobEntry.state.in_(ACTIVE), JobItemEntry.state == "waiting")
            .order_by(JobEntry.created_at, JobEntry.id, JobItemEntry.position)
            .limit(1)
            .with_for_update(skip_locked=True, of=JobItemEntry)
        ).first()
        if found is None:
            return None
        item, job = found
        item.state = "running"
        item.attempts += 1
        _begin(job, now)
        self._session.flush()
        return ClaimedItem(
            item_id=item.id,
            job=to_job(job),
            name=item.name,
            folder=job.folder,
            path=item.path,
            upload_key=item.upload_key,
            explain=job.explain,
            case_id=item.case_id,
        )

    def finish(
        self,
        item_id: int,
        *,
        state: ItemState,
        message: str = "",
        case_id: str | None = None,
        explanation_id: str | None = None,
        file_sha256: str = "",
    ) -> set[str]:
        """Write what became of a file.

        Returns:
            Keys of uploaded bytes that this row no longer names.
        """
        entry = self._session.get(JobItemEntry, item_id)
        if entry is None or entry.state != "running":
            return set()
        entry.state, entry.message = state, message
        # A file that became a case and failed later keeps it, so that the reader can open it.
        entry.case_id = case_id or entry.case_id
        entry.explanation_id, entry.file_sha256 = explanation_id, file_sha256
        freed: set[str] = set()
        # A file that failed is kept for another try; one that became a case lies there now.
        if state in ("done", "duplicate", "skipped") and entry.upload_key:
            freed, entry.upload_key = {entry.upload_key}, None
        self._session.flush()
        return freed

    def link(self, item_id: int, case_id: str) -> None:
        """Say which case a file became, in the transaction that makes the case."""
        entry = self._session.get(JobItemEntry, item_id)
        if entry is not None:
            entry.case_id = case_id
            self._session.flush()

    def put_back(self, item_id: int) -> None:
        """Let a claimed file wait again without counting the attempt."""
        entry = self._session.get(JobItemEntry, item_id)
        if entry is not None and entry.state == "running":
            entry.state, entry.attempts = "waiting", entry.attempts - 1
            self._session.flush()

    def finish_batches(self, now: datetime) -> None:
        """Bring batches to their end whose files are all through."""
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

    def requeue_abandoned(self) -> int:
        """Let files wait again whose worker died; after several deaths a file is given up."""
        found = list(
            self._session.scalars(select(JobItemEntry).where(JobItemEntry.state == "running"))
        )
        for entry in found:
            if entry.attempts >= MOST_ATTEMPTS:
                entry.state, entry.message = "error", GIVEN_UP
            else:
                entry.state = "waiting"
        self._session.flush()
        return len(found)

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
        counts = self.counts(job_id)
        if entry.state not in ACTIVE and (entry.listing or counts.get("waiting")):
            entry.state, entry.cancel_requested = "waiting", False
            entry.message, entry.finished_at = "", None
        self._session.flush()

    def delete_batch(self, job_id: str) -> set[str]:
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


def _begin(entry: JobEntry, now: datetime) -> None:
    entry.state = "running"
    entry.heartbeat_at = now
    if entry.started_at is None:
        entry.started_at = now
