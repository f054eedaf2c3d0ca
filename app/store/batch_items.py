"""The files of batches: claimed one at a time, so that a kill costs one file's work at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.domain.jobs import MOST_ATTEMPTS, ItemState, Job
from app.store.jobs import ACTIVE, Jobs, begin_batch, one_row, to_job
from app.store.rows import JobEntry, JobItemEntry
from app.store.workers.holding import holder_of, is_abandoned, may_end, put_back_held
from dprotonet.errors import Cancelled
from dprotonet.images.file_names import printable

GIVEN_UP = (
    f"The program stopped {MOST_ATTEMPTS} times while it worked on this file, so it was left out. "
    "The file may need more memory than there is."
)
REFUSED = "The database cannot hold the path of this file. Give it a shorter one."


@dataclass(frozen=True)
class NewItem:
    """One file to be added to a batch."""

    name: str
    """Printable."""
    path: str | None = None
    """Below the batch's folder, as :func:`dprotonet.images.file_names.stored_path` writes it, or"""
    upload_key: str | None = None
    """key of the uploaded bytes."""
    shown_path: str = ""
    """Below the folder, in the archive or in the upload; printable. Empty: the name."""
    state: ItemState = "waiting"
    message: str = ""
    case_id: str | None = None
    """The case that it is known to be already; the message says so."""


@dataclass(frozen=True)
class ClaimedItem:
    """One file the worker has taken."""

    item_id: int
    job: Job
    name: str
    folder: str | None
    """As :func:`dprotonet.images.file_names.stored_path` writes it; so is"""
    path: str | None
    upload_key: str | None
    explain: bool
    case_id: str | None
    """Of an earlier attempt that got as far as the case, or of a file that is known already."""
    message: str = ""
    """What is known of it before it is read; empty for most."""
    attempt: int = 1
    """Which one this is."""


class BatchItems:
    """The job_item table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._jobs = Jobs(session)

    def add(self, job_id: str, items: Iterable[NewItem]) -> None:
        """Append files to a batch; a path that is listed already is skipped.

        One that the database refuses (a path longer than its index takes) becomes a row that says
        so, and costs no other.
        """
        items = list(items)
        paths = [item.path for item in items if item.path is not None]
        known: set[str | None] = set(
            self._session.scalars(
                select(JobItemEntry.path).where(
                    JobItemEntry.job_id == job_id, JobItemEntry.path.in_(paths)
                )
            )
        )
        new = [item for item in items if item.path is None or item.path not in known]
        last = self._session.scalar(
            select(func.max(JobItemEntry.position)).where(JobItemEntry.job_id == job_id)
        )
        self._append(job_id, new, 0 if last is None else last + 1)

    def _append(self, job_id: str, items: Sequence[NewItem], position: int) -> None:
        try:
            with self._session.begin_nested():
                self._session.add_all(
                    _entry(job_id, item, position + n) for n, item in enumerate(items)
                )
                self._session.flush()
        except DBAPIError as error:
            if error.connection_invalidated or not items or items[0].message == REFUSED:
                raise
            if len(items) == 1:
                refused = replace(items[0], path=None, state="error", message=REFUSED)
                self._append(job_id, [refused], position)
                return
            half = len(items) // 2
            self._append(job_id, items[:half], position)
            self._append(job_id, items[half:], position + half)

    def total(self, job_id: str) -> int:
        """Files of a batch so far."""
        return (
            self._session.scalar(
                select(func.count()).select_from(JobItemEntry).where(JobItemEntry.job_id == job_id)
            )
            or 0
        )

    def claim(self, now: datetime) -> ClaimedItem | None:
        """Take the next waiting file of the oldest batch."""
        row = self._session.execute(
            select(JobItemEntry, JobEntry)
            .join(JobEntry, JobEntry.id == JobItemEntry.job_id)
            .where(JobEntry.state.in_(ACTIVE), JobItemEntry.state == "waiting")
            .order_by(JobEntry.created_at, JobEntry.id, JobItemEntry.position)
            .limit(1)
            .with_for_update(skip_locked=True, of=JobItemEntry)
        ).first()
        if row is None:
            return None
        item, job = row
        item.state, item.worker_id = "running", holder_of(self._session)
        item.attempts += 1
        begin_batch(job, now)
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
            message=item.message,
            attempt=item.attempts,
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
        entry = self._mine(item_id)
        if entry is None or entry.state != "running":
            return set()
        entry.state, entry.message = state, printable(message)
        # A file that became a case and failed later keeps it, so that the reader can open it.
        entry.case_id = case_id or entry.case_id
        entry.explanation_id, entry.file_sha256 = explanation_id, file_sha256
        freed: set[str] = set()
        # A file that failed is kept for another try; one that became a case lies there now.
        if state in ("done", "duplicate", "refused", "skipped") and entry.upload_key:
            freed, entry.upload_key = {entry.upload_key}, None
        self._session.flush()
        return freed

    def fail(self, item_id: int, reason: str) -> None:
        """Let a claimed file be read once more that could not be brought to its end; after several
        failures it is given up with the reason."""
        entry = self._mine(item_id)
        if entry is not None and entry.state == "running":
            is_last = entry.attempts >= MOST_ATTEMPTS
            entry.state = "error" if is_last else "waiting"
            entry.message = printable(reason) if is_last else ""
            self._session.flush()

    def fail_waiting(self, job_id: str, reason: str) -> int:
        """Give up the files of a batch that nobody has begun: what they come from is away. They are
        read by a retry.

        Returns:
            How many there were.
        """
        changed = self._session.execute(
            update(JobItemEntry)
            .where(JobItemEntry.job_id == job_id, JobItemEntry.state == "waiting")
            .values(state="error", message=printable(reason))
            .returning(JobItemEntry.id)
            .execution_options(synchronize_session=False)
        ).all()
        self._session.expire_all()
        return len(changed)

    def cases_at(self, paths: Iterable[str]) -> dict[str, str]:
        """Of these paths those that an earlier file of any batch had, with the case that it is."""
        query = select(JobItemEntry.path, JobItemEntry.case_id).where(
            JobItemEntry.path.in_(list(paths)), JobItemEntry.case_id.is_not(None)
        )
        return {path: case_id for path, case_id in self._session.execute(query) if path and case_id}

    def link(self, item_id: int, case_id: str) -> None:
        """Say which case a file became, in the transaction that makes the case.

        Raises:
            Cancelled: another worker has taken the file up, so this transaction makes no case.
        """
        entry = self._session.get(
            JobItemEntry, item_id, with_for_update=True, populate_existing=True
        )
        if entry is not None:
            if not may_end(self._session, entry):
                raise Cancelled
            entry.case_id = case_id
            self._session.flush()

    def put_back(self, item_id: int) -> None:
        """Let a claimed file wait again without counting the attempt."""
        entry = self._mine(item_id)
        if entry is not None and entry.state == "running":
            entry.state, entry.attempts = "waiting", entry.attempts - 1
            self._session.flush()

    def put_back_held(self) -> int:
        """Let all files wait again that this worker holds, without counting the attempt.

        Returns:
            How many there were.
        """
        return put_back_held(self._session, JobItemEntry)

    def requeue_abandoned(self) -> int:
        """Let files wait again whose worker died; after several deaths a file is given up. One
        whose row cannot be written stays as it is, and the others do not wait for it.

        Returns:
            How many files there were.
        """
        running = select(JobItemEntry).where(
            JobItemEntry.state == "running", is_abandoned(self._session, JobItemEntry.worker_id)
        )
        entries = list(self._session.scalars(running.with_for_update(skip_locked=True)))
        for entry in entries:
            with one_row(self._session):
                if entry.attempts >= MOST_ATTEMPTS:
                    entry.state, entry.message = "error", GIVEN_UP
                else:
                    entry.state = "waiting"
        return len(entries)

    def _mine(self, item_id: int) -> JobItemEntry | None:
        """The row, locked; None where it is gone, or another worker has taken it up."""
        entry = self._session.get(
            JobItemEntry, item_id, with_for_update=True, populate_existing=True
        )
        return entry if entry is not None and may_end(self._session, entry) else None


def _entry(job_id: str, item: NewItem, position: int) -> JobItemEntry:
    return JobItemEntry(
        job_id=job_id,
        position=position,
        name=item.name,
        path=item.path,
        shown_path=item.shown_path or item.name,
        upload_key=item.upload_key,
        state=item.state,
        message=printable(item.message),
        case_id=item.case_id,
        attempts=0,
        file_sha256="",
    )
