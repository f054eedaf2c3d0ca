"""Jobs: added once, claimed by one worker, brought to an end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.jobs import MOST_ATTEMPTS, NO_BATCH, BatchFacts, Job, JobState
from app.store.rows import JobEntry
from app.store.workers.holding import holder_of, is_abandoned, may_end
from dprotonet.images.file_names import printable

log = logging.getLogger(__name__)
ACTIVE = ("waiting", "running")
ASKED = ("predict", "explain")  # a page waits for these
WHOLE = (*ASKED, "agree")  # done as one piece; files of a batch and learning are claimed apart
KEPT = ("batch", "check")  # jobs that stay when they are over, with what they made
GIVEN_UP = (
    f"The program stopped {MOST_ATTEMPTS} times while it worked on this image, so it was given up. "
    "The image may need more memory than there is; other images are not touched."
)


class Jobs:
    """The job table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Job, *, work_key: str, batch: BatchFacts = NO_BATCH) -> Job:
        """Add a job, or find the one that does the same work and is not over.

        Args:
            new: the job as it should stand.
            work_key: two active jobs never share it.
            batch: what only a batch has.

        Returns:
            The job that is there now.
        """
        active = self._active(work_key)
        if active is not None:
            return active
        values = {name: getattr(new, name) for name in Job.__dataclass_fields__}
        values["id"] = values.pop("job_id")
        try:
            with self._session.begin_nested():
                self._session.add(JobEntry(**values, **vars(batch), work_key=work_key))
                self._session.flush()
        except IntegrityError:
            # PostgreSQL: the same job was added between the question above and the insert.
            active = self._active(work_key)
            if active is None:
                raise
            return active
        return new

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            NotFound: it went with its case, or never was.
        """
        return to_job(self.entry(job_id))

    def entry(self, job_id: str, *, lock: bool = False) -> JobEntry:
        """The row itself, for the other tables of the store."""
        entry = self._session.get(JobEntry, job_id, with_for_update=lock or None)
        if entry is None:
            raise NotFound("This job no longer exists.")
        return entry

    def of_case(self, case_id: str, *, frame: int) -> tuple[Job, ...]:
        """Jobs of one frame that are not over, oldest first."""
        entries = self._session.scalars(
            select(JobEntry)
            .where(JobEntry.case_id == case_id, JobEntry.frame == frame, JobEntry.state.in_(ACTIVE))
            .order_by(JobEntry.created_at, JobEntry.id)
        )
        return tuple(to_job(entry) for entry in entries)

    def last_prediction_job(
        self, case_id: str, *, frame: int, model: str, site: str = ""
    ) -> Job | None:
        """The newest predict job of one frame with one bundle and settings, over or not."""
        entry = self._session.scalars(
            select(JobEntry)
            .where(
                JobEntry.case_id == case_id,
                JobEntry.frame == frame,
                JobEntry.model == model,
                JobEntry.site == site,
                JobEntry.kind == "predict",
            )
            .order_by(JobEntry.created_at.desc(), JobEntry.id)
            .limit(1)
        ).first()
        return None if entry is None else to_job(entry)

    def is_any_waiting(self) -> bool:
        """Is there a prediction or an explanation to be done?"""
        query = select(JobEntry.id).where(JobEntry.state == "waiting", JobEntry.kind.in_(WHOLE))
        return self._session.scalar(query.limit(1)) is not None

    def is_any_urgent(self) -> bool:
        """Is there a prediction or a first heatmap to be made, which a page waits for?"""
        query = select(JobEntry.id).where(
            JobEntry.state == "waiting",
            JobEntry.kind.in_(WHOLE),
            JobEntry.explanation_id.is_(None),
        )
        return self._session.scalar(query.limit(1)) is not None

    def is_any_asked_for(self) -> bool:
        """Is there a prediction or a heatmap to be made, first or not?"""
        query = select(JobEntry.id).where(JobEntry.state == "waiting", JobEntry.kind.in_(ASKED))
        return self._session.scalar(query.limit(1)) is not None

    def counts(self) -> dict[tuple[str, str], int]:
        """How many jobs there are of each kind and state."""
        query = select(JobEntry.kind, JobEntry.state, func.count()).group_by(
            JobEntry.kind, JobEntry.state
        )
        return {(kind, state): count for kind, state, count in self._session.execute(query)}

    def oldest_waiting(self) -> datetime | None:
        """When the job was enqueued that has waited longest; None if none waits."""
        query = select(func.min(JobEntry.created_at)).where(JobEntry.state == "waiting")
        return self._session.scalar(query)

    def claim(self, now: datetime) -> Job | None:
        """Take the oldest waiting prediction or explanation; batches and learning go apart.

        Predictions go first: they take a fraction of an explanation's time, and a page waits.
        Explanations that have a first heatmap already come later, and heatmaps that are made again
        last.
        """
        entry = self._session.scalars(
            select(JobEntry)
            .where(JobEntry.state == "waiting", JobEntry.kind.in_(WHOLE))
            .order_by(
                JobEntry.kind.desc(),  # predict, explain, agree
                JobEntry.explanation_id.is_not(None),
                JobEntry.created_at,
                JobEntry.id,
            )
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if entry is None:
            return None
        begin(self._session, entry, now)
        return to_job(entry)

    def beat(self, job_id: str, *, progress: float | None, now: datetime) -> bool:
        """Write progress and a sign of life; True when the job was asked to stop, or is gone."""
        changed: dict[str, datetime | float] = {"heartbeat_at": now}
        if progress is not None:
            changed["progress"] = min(max(progress, 0.0), 1.0)
        self._session.execute(
            update(JobEntry)
            .where(JobEntry.id == job_id, JobEntry.state == "running")
            .values(**changed)
        )
        return self.is_unwanted(job_id)

    def is_unwanted(self, job_id: str) -> bool:
        """Was the job cancelled, did it go with its case, or has another worker taken it up?"""
        query = select(JobEntry.cancel_requested, JobEntry.kind, JobEntry.state, JobEntry.worker_id)
        job = self._session.execute(
            query.where(JobEntry.id == job_id, JobEntry.state.in_(ACTIVE))
        ).first()
        if job is None or job.cancel_requested:
            return True
        # A batch's files are held one by one.
        is_whole = job.kind in WHOLE and job.state == "running"
        return is_whole and holder_of(self._session) not in (None, job.worker_id)

    def finish(
        self,
        job_id: str,
        *,
        state: JobState,
        now: datetime,
        message: str = "",
        explanation_id: str | None = None,
    ) -> None:
        """Bring a job to its end; one that is gone is left alone, and so is its first heatmap, and
        one that another worker has taken up."""
        entry = self._mine(job_id)
        if entry is None:
            return
        entry.state, entry.message, entry.finished_at = state, printable(message), now
        if explanation_id is not None:
            entry.explanation_id = explanation_id
        if state == "done":
            entry.progress = 1.0
        self._session.flush()

    def fail(self, job_id: str, reason: str, now: datetime) -> None:
        """Let a running job be done once more that could not be brought to its end; after several
        failures it is given up with the reason."""
        entry = self._mine(job_id)
        if entry is None or entry.state != "running":
            return
        if entry.attempts >= MOST_ATTEMPTS:
            entry.state, entry.message, entry.finished_at = "failed", printable(reason), now
        else:
            entry.state, entry.progress = "waiting", 0.0
        self._session.flush()

    def show(self, job_id: str, explanation_id: str) -> None:
        """Name the heatmap that can be shown while the job goes on; a deleted job is left alone."""
        entry = self._mine(job_id)
        if entry is not None:
            entry.explanation_id = explanation_id
            self._session.flush()

    def put_back(self, job_id: str) -> None:
        """Let a running job wait again, without counting the attempt: others go first, or the
        worker is leaving."""
        entry = self._mine(job_id)
        if entry is not None and entry.state == "running":
            entry.state, entry.attempts, entry.progress = "waiting", entry.attempts - 1, 0.0
            self._session.flush()

    def put_back_held(self) -> int:
        """Let all wait again that this worker holds, folders that it walks too, without counting
        the attempt: it is leaving.

        Returns:
            How many there were.
        """
        held = self._session.scalars(
            select(JobEntry)
            .where(
                JobEntry.state == "running",
                JobEntry.kind.in_((*WHOLE, "batch")),
                JobEntry.worker_id == holder_of(self._session),
            )
            .with_for_update()
        ).all()
        for entry in held:
            entry.attempts, entry.worker_id = entry.attempts - 1, None
            if entry.kind != "batch":
                entry.state, entry.progress = "waiting", 0.0
        self._session.flush()
        return len(held)

    def cancel(self, job_id: str, now: datetime) -> Job:
        """Ask a job to stop: a running prediction or explanation ends at the worker's next look.

        A waiting one ends here, and so does a batch, whose files are claimed one at a time.
        """
        entry = self.entry(job_id, lock=True)
        if entry.state == "waiting" or (entry.state == "running" and entry.kind == "batch"):
            entry.state, entry.finished_at = "cancelled", now
            entry.message = "Cancelled."
        elif entry.state == "running":
            entry.cancel_requested = True
        self._session.flush()
        return to_job(entry)

    def requeue_abandoned(self, now: datetime) -> int:
        """Let jobs wait again whose worker died; after several deaths a job is given up. One whose
        row cannot be written stays as it is, and the others do not wait for it.

        A worker calls this between two pieces of work, so what it holds itself was left, too: it
        could not write down how that ended.

        Returns:
            How many there were.
        """
        entries = list(
            self._session.scalars(
                select(JobEntry)
                .where(
                    JobEntry.state == "running",
                    JobEntry.kind.in_(WHOLE),
                    is_abandoned(self._session, JobEntry.worker_id),
                )
                .with_for_update(skip_locked=True)
            )
        )
        for entry in entries:
            with one_row(self._session):
                entry.progress = 0.0
                if entry.cancel_requested:
                    entry.state, entry.message, entry.finished_at = "cancelled", "Cancelled.", now
                elif entry.attempts >= MOST_ATTEMPTS:
                    entry.state, entry.message, entry.finished_at = "failed", GIVEN_UP, now
                else:
                    entry.state = "waiting"
        return len(entries)

    def forget_finished(self, before: datetime) -> None:
        """Remove finished predictions' and explanations' jobs; batches stay with their rows, checks
        with their reports."""
        self._session.execute(
            delete(JobEntry).where(
                JobEntry.kind.not_in(KEPT),
                JobEntry.state.in_(("done", "cancelled")),
                JobEntry.finished_at < before,
            )
        )

    def _mine(self, job_id: str) -> JobEntry | None:
        """The row, locked; None where it is gone, or another worker has taken it up."""
        entry = self._session.get(JobEntry, job_id, with_for_update=True, populate_existing=True)
        return entry if entry is not None and may_end(self._session, entry) else None

    def _active(self, work_key: str) -> Job | None:
        entry = self._session.scalars(
            select(JobEntry).where(JobEntry.work_key == work_key, JobEntry.state.in_(ACTIVE))
        ).first()
        return None if entry is None else to_job(entry)


def begin(session: Session, entry: JobEntry, now: datetime) -> None:
    """Say that a job is being worked on, one more time, and by whom."""
    entry.state = "running"
    entry.attempts += 1
    entry.worker_id = holder_of(session)
    entry.started_at = entry.heartbeat_at = now
    session.flush()


def begin_batch(entry: JobEntry, now: datetime) -> None:
    """Say that a batch is being worked on."""
    if entry.state != "running" or entry.started_at is None:
        # Workers that take its files in turns do not wait for each other to write this again.
        entry.state, entry.heartbeat_at = "running", now
        entry.started_at = entry.started_at or now


@contextmanager
def one_row(session: Session) -> Iterator[None]:
    """Changes of one row, kept or dropped by themselves, inside a larger transaction."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except SQLAlchemyError as error:
        # What the database says may quote the row.
        log.error("a row could not be written: %s", type(error).__name__)


def to_job(entry: JobEntry) -> Job:
    """The domain's view of a row."""
    values = {name: getattr(entry, name) for name in Job.__dataclass_fields__ if name != "job_id"}
    return Job(job_id=entry.id, **values)
