"""The outbox: revisions queued for archives, claimed one at a time, brought to an end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.actors import Actor
from app.domain.errors import Conflict, NotFound
from app.domain.jobs import MOST_ATTEMPTS
from app.domain.sending.sending import AGAIN, OPEN, Sending, SendState, mark_of
from app.store.rows import AnnotationEntry
from app.store.sending.rows import OutboxEntry
from app.store.workers.clock import DatabaseTime
from app.store.workers.holding import holder_of, is_abandoned
from dprotonet.images.file_names import printable

LONGEST_REASON = 500  # characters
GIVEN_UP = (
    f"The program stopped {MOST_ATTEMPTS} times while it sent this, so it was given up. Others are "
    "not touched. Try again, and look at the log if it fails."
)
OVERTAKEN = "A newer revision was signed before this one was sent, so it was not sent."
CANCELLED = "Cancelled."


class Outbox:
    """The table of the outbox inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Sending) -> Sending:
        """Queue a revision for an archive. Where it is there already it stays as it is, or waits
        again if it had been refused, given up or cancelled.

        Returns:
            What is there now.
        """
        values = {
            name: getattr(new, name)
            for name in Sending.__dataclass_fields__
            if name not in ("sending_id", "asked_by", "stored", "wait")
        }
        entry = OutboxEntry(
            id=new.sending_id,
            asked_by=new.asked_by.name,
            asked_by_kind=new.asked_by.kind,
            stored=list(new.stored),
            deaths=0,
            next_at=DatabaseTime(),
            **values,
        )
        try:
            with self._session.begin_nested():
                self._session.add(entry)
                self._session.flush()
        except IntegrityError:
            found = self._session.scalars(
                select(OutboxEntry)
                .where(
                    OutboxEntry.case_id == new.case_id,
                    OutboxEntry.frame == new.frame,
                    OutboxEntry.revision == new.revision,
                    OutboxEntry.archive == new.archive,
                )
                .with_for_update()
            ).one_or_none()
            if found is None:
                raise
            if found.state in AGAIN:
                found.asked_by, found.asked_by_kind = new.asked_by.name, new.asked_by.kind
                found.asked_at = new.asked_at
                self._again(found)
            return self.get(found.id)
        return self.get(new.sending_id)

    def get(self, sending_id: str) -> Sending:
        """One row.

        Raises:
            NotFound: it went with its case, or never was.
        """
        row = self._session.execute(_rows().where(OutboxEntry.id == sending_id)).one_or_none()
        if row is None:
            raise NotFound("Nothing of this id is in the outbox. It goes with its case.")
        return _sending(row)

    def of_frame(self, case_id: str, *, frame: int) -> tuple[Sending, ...]:
        """All of a frame, the newest revision first."""
        query = _rows().where(OutboxEntry.case_id == case_id, OutboxEntry.frame == frame)
        query = query.order_by(OutboxEntry.revision.desc(), OutboxEntry.archive)
        return tuple(_sending(row) for row in self._session.execute(query))

    def all(
        self, states: Collection[SendState], *, most: int, reverse: bool = True
    ) -> tuple[Sending, ...]:
        """Those in some states, what was asked for last first.

        Args:
            states: of the rows.
            most: of them.
            reverse: False: the oldest first.
        """
        at = OutboxEntry.asked_at.desc() if reverse else OutboxEntry.asked_at
        query = _rows().where(OutboxEntry.state.in_(states)).order_by(at, OutboxEntry.id)
        return tuple(_sending(row) for row in self._session.execute(query.limit(most)))

    def marks(self, case_ids: Sequence[str]) -> dict[str, SendState]:
        """The mark of each case whose newest signed revisions are on their way, or there."""
        query = select(OutboxEntry.case_id, OutboxEntry.state).where(
            OutboxEntry.case_id.in_(case_ids), _is_newest()
        )
        states: dict[str, list[SendState]] = {}
        for case_id, state in self._session.execute(query):
            states.setdefault(case_id, []).append(state)  # type: ignore[arg-type]
        marks = {case_id: mark_of(found) for case_id, found in states.items()}
        return {case_id: mark for case_id, mark in marks.items() if mark is not None}

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        query = select(OutboxEntry.state, func.count()).group_by(OutboxEntry.state)
        return {state: count for state, count in self._session.execute(query)}

    def is_any_due(self, archives: Collection[str]) -> bool:
        """Is there one to be sent to one of these archives? Cheap enough to ask often."""
        query = select(OutboxEntry.id).where(*_due(archives)).limit(1)
        return self._session.scalar(query) is not None

    def claim(self, archives: Collection[str]) -> Sending | None:
        """Take what has been due the longest for one of these archives."""
        entry = self._session.scalars(
            select(OutboxEntry)
            .where(*_due(archives))
            .order_by(OutboxEntry.next_at, OutboxEntry.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if entry is None:
            return None
        entry.state, entry.worker_id = "sending", holder_of(self._session)
        entry.attempts += 1
        self._session.flush()
        return self.get(entry.id)

    def note_stored(self, sending_id: str, stored: Collection[str]) -> None:
        """Write down which objects the archive has, beside those of before."""
        entry = self._mine(sending_id)
        if entry is not None:
            entry.stored = list(dict.fromkeys((*entry.stored, *stored)))
            self._session.flush()

    def finish(
        self, sending_id: str, state: SendState, *, reason: str = "", sent_at: datetime | None
    ) -> bool:
        """Bring what is being sent to its end.

        Returns:
            False where it is gone, or another worker took it up: nothing was written.
        """
        entry = self._mine(sending_id)
        if entry is None:
            return False
        entry.state, entry.reason, entry.sent_at = state, _short(reason), sent_at
        entry.worker_id = None
        self._session.flush()
        return True

    def wait(self, sending_id: str, seconds: float, *, reason: str, counts: bool = True) -> None:
        """Let what is being sent wait.

        Args:
            sending_id: of the row.
            seconds: by the database's clock.
            reason: in words.
            counts: False: the attempt was none, since nothing was sent.
        """
        entry = self._mine(sending_id)
        if entry is None:
            return
        entry.state, entry.reason, entry.worker_id = "waiting", _short(reason), None
        entry.next_at = DatabaseTime(ago=-seconds)
        entry.attempts -= 0 if counts else 1
        self._session.flush()

    def retry(self, sending_id: str) -> Sending:
        """Send now what waits, and again what was refused, given up or cancelled.

        Raises:
            Conflict: it was sent, or is being sent.
            NotFound: it went with its case.
        """
        entry = self._locked(sending_id)
        if entry.state not in (*AGAIN, "waiting"):
            raise Conflict("This was sent, or is being sent at this moment. Nothing was changed.")
        self._again(entry)
        return self.get(sending_id)

    def cancel(self, sending_id: str) -> Sending:
        """Let what waits not be sent.

        Raises:
            Conflict: it is over, or is being sent.
            NotFound: it went with its case.
        """
        entry = self._locked(sending_id)
        if entry.state != "waiting":
            raise Conflict("This does not wait any more, so it was not cancelled. Look again.")
        entry.state, entry.reason = "cancelled", CANCELLED
        self._session.flush()
        return self.get(sending_id)

    def drop_overtaken(self, case_id: str, *, frame: int, revision: int) -> None:
        """Cancel what waits of earlier revisions: a newer one was signed."""
        self._session.execute(
            update(OutboxEntry)
            .where(
                OutboxEntry.case_id == case_id,
                OutboxEntry.frame == frame,
                OutboxEntry.revision < revision,
                OutboxEntry.state == "waiting",
            )
            .values(state="cancelled", reason=OVERTAKEN)
        )
        self._session.expire_all()

    def put_back_held(self) -> int:
        """Let wait again what the transaction's worker sends, without counting the attempt: it is
        leaving.

        Returns:
            How many there were.
        """
        changed = self._session.execute(
            update(OutboxEntry)
            .where(
                OutboxEntry.state == "sending",
                OutboxEntry.worker_id.is_not_distinct_from(holder_of(self._session)),
            )
            .values(state="waiting", attempts=OutboxEntry.attempts - 1, worker_id=None)
            .returning(OutboxEntry.id)
            .execution_options(synchronize_session=False)
        ).all()
        self._session.expire_all()
        return len(changed)

    def requeue_abandoned(self) -> int:
        """Let wait again what was being sent by a worker that died; after several deaths it is
        given up. A worker calls this between two sendings.

        Returns:
            How many there were.
        """
        entries = self._session.scalars(
            select(OutboxEntry)
            .where(
                OutboxEntry.state == "sending", is_abandoned(self._session, OutboxEntry.worker_id)
            )
            .with_for_update(skip_locked=True)
        ).all()
        for entry in entries:
            entry.deaths += 1
            entry.worker_id = None
            if entry.deaths >= MOST_ATTEMPTS:
                entry.state, entry.reason = "failed", GIVEN_UP
            else:
                entry.state, entry.next_at = "waiting", DatabaseTime()
        self._session.flush()
        return len(entries)

    def _again(self, entry: OutboxEntry) -> None:
        entry.state, entry.reason, entry.attempts, entry.deaths = "waiting", "", 0, 0
        entry.next_at = DatabaseTime()
        self._session.flush()

    def _locked(self, sending_id: str) -> OutboxEntry:
        entry = self._session.get(OutboxEntry, sending_id, with_for_update=True)
        if entry is None:
            raise NotFound("Nothing of this id is in the outbox. It goes with its case.")
        return entry

    def _mine(self, sending_id: str) -> OutboxEntry | None:
        """The row, locked; None where it is gone, or is not sent by this worker any more."""
        entry = self._session.get(
            OutboxEntry, sending_id, with_for_update=True, populate_existing=True
        )
        if entry is None or entry.state != "sending":
            return None
        return entry if entry.worker_id == holder_of(self._session) else None


def of_state(state: SendState) -> Select[Any]:
    """Ids of cases whose newest signed revision is in this state, for the list's filter."""
    return select(OutboxEntry.case_id).where(OutboxEntry.state == state, _is_newest())


def _is_newest() -> ColumnElement[bool]:
    """Of the newest revision of its frame."""
    newest = select(func.max(AnnotationEntry.revision)).where(
        AnnotationEntry.case_id == OutboxEntry.case_id, AnnotationEntry.frame == OutboxEntry.frame
    )
    return OutboxEntry.revision == newest.scalar_subquery()


def _due(archives: Collection[str]) -> tuple[Any, ...]:
    return (
        OutboxEntry.state == "waiting",
        OutboxEntry.next_at <= DatabaseTime(),
        OutboxEntry.archive.in_(archives),
    )


def _rows() -> Select[OutboxEntry, Any]:
    """Each with the database's time, which no session may keep from an earlier look."""
    return select(OutboxEntry, DatabaseTime()).execution_options(populate_existing=True)


def _sending(row: Row[OutboxEntry, Any]) -> Sending:
    entry, now = row
    is_waiting = entry.state == OPEN[0]
    return Sending(
        sending_id=entry.id,
        case_id=entry.case_id,
        frame=entry.frame,
        revision=entry.revision,
        archive=entry.archive,
        state=entry.state,  # type: ignore[arg-type]
        attempts=entry.attempts,
        reason=entry.reason,
        stored=tuple(entry.stored),
        asked_by=Actor(entry.asked_by, entry.asked_by_kind),  # type: ignore[arg-type]
        asked_at=entry.asked_at,
        sent_at=entry.sent_at,
        wait=max(0.0, (entry.next_at - now).total_seconds()) if is_waiting else 0.0,
    )


def _short(reason: str) -> str:
    return printable(reason)[:LONGEST_REASON]
