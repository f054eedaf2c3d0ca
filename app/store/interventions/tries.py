"""Tries: added, claimed by the worker one at a time, brought to an end, found again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from app.domain.errors import NotFound
from app.domain.interventions.changes import Change
from app.domain.interventions.tries import Try, TryState
from app.domain.jobs import MOST_ATTEMPTS
from app.store.interventions.rows import InterventionEntry
from app.store.jobs import GIVEN_UP, one_row
from app.store.workers.holding import holder_of, is_abandoned, may_end, put_back_held
from dprotonet.images.file_names import printable
from dprotonet.inference.intervention import InterventionResult

REPLACED = "A newer try took its place."
CANCELLED = "Cancelled."


class Tries:
    """The table of tries inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Try) -> None:
        """Write one try, of a case that is there."""
        self._session.add(
            InterventionEntry(
                id=new.try_id,
                case_id=new.case_id,
                frame=new.frame,
                model=new.model,
                site=new.site,
                work_key=new.key,
                reader=new.reader,
                change=new.change.to_json(),
                state=new.state,
                attempts=new.attempts,
                message=new.message,
                result=None if new.result is None else new.result.to_json(),
                asked_at=new.asked_at,
            )
        )
        self._session.flush()

    def get(self, try_id: str) -> Try:
        """One try.

        Raises:
            NotFound: it went with its case, or never was.
        """
        entry = self._session.get(InterventionEntry, try_id)
        if entry is None:
            raise NotFound("This try no longer exists. Try it again.")
        return _try(entry)

    def known(self, key: str) -> InterventionResult | None:
        """What came of the same work before, whoever asked for it."""
        entry = self._session.scalars(
            select(InterventionEntry)
            .where(InterventionEntry.work_key == key, InterventionEntry.state == "done")
            .limit(1)
        ).first()
        return None if entry is None else _try(entry).result

    def newest_of(self, case_id: str, *, frame: int, reader: str) -> Try | None:
        """What a reader tried last on a frame."""
        query = _of_reader(case_id, frame, reader).order_by(
            InterventionEntry.asked_at.desc(), InterventionEntry.id
        )
        entry = self._session.scalars(query.limit(1)).first()
        return None if entry is None else _try(entry)

    def done_since(
        self, case_id: str, *, frame: int, reader: str, since: datetime | None, limit: int
    ) -> tuple[Try, ...]:
        """What a reader tried on a frame, oldest first.

        Args:
            case_id: of the case.
            frame: of its file.
            reader: by name.
            since: only what was asked for later; None for all.
            limit: of these so many, the newest.
        """
        query = _of_reader(case_id, frame, reader).where(InterventionEntry.state == "done")
        if since is not None:
            query = query.where(InterventionEntry.asked_at > since)
        newest = query.order_by(InterventionEntry.asked_at.desc(), InterventionEntry.id)
        return tuple(_try(entry) for entry in self._session.scalars(newest.limit(limit)))[::-1]

    def replace_waiting(self, case_id: str, *, frame: int, reader: str) -> None:
        """End what waits of a reader and a frame: a newer try is what they look at."""
        self._session.execute(
            update(InterventionEntry)
            .where(
                InterventionEntry.case_id == case_id,
                InterventionEntry.frame == frame,
                InterventionEntry.reader == reader,
                InterventionEntry.state == "waiting",
            )
            .values(state="cancelled", message=REPLACED)
        )

    def is_any_waiting(self) -> bool:
        """Is there one to be done? Cheap enough to ask often."""
        query = select(InterventionEntry.id).where(InterventionEntry.state == "waiting")
        return self._session.scalar(query.limit(1)) is not None

    def claim(self) -> Try | None:
        """Take the oldest that waits."""
        entry = self._session.scalars(
            select(InterventionEntry)
            .where(InterventionEntry.state == "waiting")
            .order_by(InterventionEntry.asked_at, InterventionEntry.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if entry is None:
            return None
        entry.state, entry.worker_id = "running", holder_of(self._session)
        entry.attempts += 1
        self._session.flush()
        return _try(entry)

    def finish(
        self,
        try_id: str,
        *,
        state: TryState,
        message: str = "",
        result: InterventionResult | None = None,
    ) -> None:
        """Bring a running try to its end; one that was cancelled or is gone stays so."""
        entry = self._running(try_id)
        if entry is None or not may_end(self._session, entry):
            return
        entry.state, entry.message = state, printable(message)
        entry.result = None if result is None else result.to_json()
        self._session.flush()

    def fail(self, try_id: str, reason: str) -> None:
        """Let a running try be done once more that could not be brought to its end; after several
        failures it is given up with the reason."""
        entry = self._running(try_id)
        if entry is not None and may_end(self._session, entry):
            self._end_or_wait(entry, reason)

    def _running(self, try_id: str) -> InterventionEntry | None:
        """The row, locked; None where it is gone or over."""
        entry = self._session.get(
            InterventionEntry, try_id, with_for_update=True, populate_existing=True
        )
        return entry if entry is not None and entry.state == "running" else None

    def _end_or_wait(self, entry: InterventionEntry, reason: str) -> None:
        if entry.attempts >= MOST_ATTEMPTS:
            entry.state, entry.message = "failed", printable(reason)
        else:
            entry.state = "waiting"
        self._session.flush()

    def cancel(self, try_id: str) -> None:
        """End a try that is not over; the worker drops what it finds."""
        self._session.execute(
            update(InterventionEntry)
            .where(
                InterventionEntry.id == try_id,
                InterventionEntry.state.in_(("waiting", "running")),
            )
            .values(state="cancelled", message=CANCELLED)
        )
        self._session.expire_all()

    def put_back_held(self) -> int:
        """Let all tries wait again that this worker holds, without counting the attempt.

        Returns:
            How many there were.
        """
        return put_back_held(self._session, InterventionEntry)

    def requeue_abandoned(self) -> int:
        """Let tries wait again whose worker died; after several deaths one is given up.

        Returns:
            How many there were.
        """
        entries = self._session.scalars(
            select(InterventionEntry)
            .where(
                InterventionEntry.state == "running",
                is_abandoned(self._session, InterventionEntry.worker_id),
            )
            .with_for_update(skip_locked=True)
        ).all()
        for entry in entries:
            with one_row(self._session):
                self._end_or_wait(entry, GIVEN_UP)
        return len(entries)

    def forget_unanswered(self, before: datetime) -> None:
        """Remove tries that failed or were cancelled; what the model answered stays."""
        self._session.execute(
            delete(InterventionEntry).where(
                InterventionEntry.state.in_(("failed", "cancelled")),
                InterventionEntry.asked_at < before,
            )
        )


def _of_reader(case_id: str, frame: int, reader: str) -> Select[InterventionEntry]:
    return select(InterventionEntry).where(
        InterventionEntry.case_id == case_id,
        InterventionEntry.frame == frame,
        InterventionEntry.reader == reader,
    )


def _try(entry: InterventionEntry) -> Try:
    return Try(
        try_id=entry.id,
        case_id=entry.case_id,
        frame=entry.frame,
        model=entry.model,
        site=entry.site,
        key=entry.work_key,
        reader=entry.reader,
        change=Change.from_json(entry.change),
        state=entry.state,  # type: ignore[arg-type]
        message=entry.message,
        result=None if entry.result is None else InterventionResult.from_json(entry.result),
        asked_at=entry.asked_at,
        attempts=entry.attempts,
    )
