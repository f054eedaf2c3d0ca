"""A case's status in the list: what its own row says, and what changes without touching the row.

Whether a case waits is known from its jobs, and whether somebody works on it from the claims; of
both there are few at a time. The statuses of a study (``OF_STUDIES``) follow from the study's own
rows, which its own list is to join here; no case has one of them outside of a study.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, select
from sqlalchemy.orm import Session

from app.domain.cases import OF_STUDIES, Status
from app.domain.studies.onlooker import Onlooker
from app.store.rows import CaseEntry, JobEntry
from app.store.studies.blinding import Blinding, hidden
from app.store.worklist.rows import ClaimEntry
from app.store.worklist.walked import Walked

_state: ColumnElement[str] = Walked(CaseEntry.read_state)
_STORED: Mapping[str, Status] = {"new": "new", "refused": "refused", "read": "done"}
"""What the column's words mean in the list; it was called "read" before there were studies."""


def seen(onlooker: Onlooker | None) -> ColumnElement[str]:
    """The state of a case as somebody may know it: what is hidden from them is new to them,
    whatever the model or others say of it."""
    if onlooker is None:
        return _state
    is_hidden = and_(hidden(onlooker), CaseEntry.read_state != "open")
    return case((is_hidden, "new"), else_=CaseEntry.read_state)


def seen_apart(concealed: Collection[str]) -> ColumnElement[str]:
    """The same of a few cases, of which it is known which are hidden: the question costs as much as
    the reader has read, and a query that names the state often would ask it as often."""
    if not concealed:
        return _state
    is_hidden = and_(CaseEntry.id.in_(concealed), CaseEntry.read_state != "open")
    return case((is_hidden, "new"), else_=CaseEntry.read_state)


def unread(state: ColumnElement[str]) -> ColumnElement[bool]:
    """There is something to be read, and nobody has signed it."""
    return state.in_(("new", "refused"))


def awaited() -> tuple[ColumnElement[bool], ...]:
    """Which jobs will bring a prediction."""
    return JobEntry.kind == "predict", JobEntry.state.in_(("waiting", "running"))


def begun(now: datetime) -> Select[str]:
    """The cases that somebody works on."""
    return select(ClaimEntry.case_id).where(ClaimEntry.expires_at > now)


def begun_by_others(now: datetime, reader: str) -> Select[str]:
    """The cases that somebody else works on."""
    return begun(now).where(ClaimEntry.reader != reader)


def holder(now: datetime) -> ColumnElement[str]:
    """Column: who works on the case; NULL where nobody does."""
    held = ClaimEntry.case_id == CaseEntry.id, ClaimEntry.expires_at > now
    return select(ClaimEntry.reader).where(*held).scalar_subquery()


def status(now: datetime, state: ColumnElement[str]) -> ColumnElement[str]:
    """Column: the status of a case, by its state as :func:`seen`."""
    waits = exists().where(JobEntry.case_id == CaseEntry.id, *awaited())
    held = exists().where(ClaimEntry.case_id == CaseEntry.id, ClaimEntry.expires_at > now)
    return case(
        (unread(state) & held, "in progress"),
        *((state == stored, shown) for stored, shown in _STORED.items()),
        (waits, "waiting"),
        else_="failed",
    )


def with_status(
    wanted: Status, now: datetime, state: ColumnElement[str]
) -> Sequence[ColumnElement[bool]]:
    """The conditions under which a case has a status."""
    if wanted in OF_STUDIES:
        return (false(),)
    if wanted == "in progress":
        return unread(state), CaseEntry.id.in_(begun(now))
    if wanted in ("waiting", "failed"):
        is_waiting = CaseEntry.id.in_(_waiting())
        return _state == "open", is_waiting if wanted == "waiting" else ~is_waiting
    stored = next(word for word, shown in _STORED.items() if shown == wanted)
    if wanted == "done":
        return (state == stored,)
    return state == stored, CaseEntry.id.not_in(begun(now))


def counts(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    now: datetime,
    onlooker: Onlooker | None = None,
) -> dict[Status, int]:
    """How many cases of each status there are under other conditions, those without any left out.

    One walk through an index counts the stored words; the few that wait or are begun are counted
    from their own tables and taken off. Of what is hidden from somebody only those are looked for
    that would not be new.
    """
    stored = _by_state(session, conditions, _state)
    if onlooker is not None:
        told = (*conditions, _state.in_(("refused", "read")), hidden(onlooker))
        moved = _by_state(session, told, _state)
        stored = {word: count - moved[word] for word, count in stored.items()}
        stored["new"] += sum(moved.values())
    at_work = _state
    if onlooker is not None:
        at_work = seen_apart(Blinding(session).among(onlooker, session.scalars(begun(now)).all()))
    held = _by_state(session, (*conditions, unread(at_work), CaseEntry.id.in_(begun(now))), at_work)
    found: dict[Status, int] = {shown: stored[word] - held[word] for word, shown in _STORED.items()}
    found["in progress"] = sum(held.values())
    if stored["open"]:
        open_ones = (*conditions, _state == "open", CaseEntry.id.in_(_waiting()))
        found["waiting"] = _by_state(session, open_ones, _state)["open"]
        found["failed"] = stored["open"] - found["waiting"]
    return {name: count for name, count in found.items() if count}


def _by_state(
    session: Session, conditions: Sequence[ColumnElement[bool]], state: ColumnElement[str]
) -> dict[str, int]:
    # No GROUP BY: SQLite would sort what it counts.
    words = ("open", *_STORED)
    sums = (func.count().filter(state == word) for word in words)
    counted = select(*sums).select_from(CaseEntry).where(*conditions)
    return dict(zip(words, session.execute(counted).one(), strict=True))


def _waiting() -> Select[str | None]:
    return select(JobEntry.case_id).where(JobEntry.case_id.is_not(None), *awaited())
