"""Reads: rows that are only ever added, each with the audit entry that records it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.annotations import PrototypeJudgement
from app.domain.audit.entries import AuditEntry
from app.domain.errors import Conflict
from app.domain.marks import Mark
from app.domain.studies.digests import ACTION, KeptRead
from app.domain.studies.judgement import Judgement
from app.domain.studies.reads import (
    Adjudication,
    FirstRead,
    ReadKey,
    SignedRead,
    StudyRead,
)
from app.store.audit.rows import AuditRow
from app.store.rows import CaseEntry
from app.store.studies.rows import (
    AdjudicationEntry,
    FirstReadEntry,
    SignedReadEntry,
    StudySlotEntry,
)

Row = FirstReadEntry | SignedReadEntry | AdjudicationEntry
ROWS: dict[type[KeptRead], type[Row]] = {
    FirstRead: FirstReadEntry,
    SignedRead: SignedReadEntry,
    Adjudication: AdjudicationEntry,
}
AUDIT = ("audit_sequence", "audit_hash", "audit_salt")
TWICE = "This read was locked or signed before, so nothing was changed. Reload the page."
CHUNK = 500  # rows that are read at a time
_Entry = TypeVar("_Entry", FirstReadEntry, SignedReadEntry)
_AnyEntry = TypeVar("_AnyEntry", FirstReadEntry, SignedReadEntry, AdjudicationEntry)


@dataclass(frozen=True)
class RecordedRead:
    """A read, and what the entry that it names says; None where there is no such entry."""

    read: KeptRead
    hash: str | None
    content: str | None
    subject: str | None


class Reads:
    """First reads, signed reads and adjudications inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, read: KeptRead) -> None:
        """Write a read.

        Raises:
            Conflict: there is one already.
        """
        try:
            with self._session.begin_nested():
                self._session.add(_row(read))
                self._session.flush()
        except IntegrityError:
            raise Conflict(TWICE) from None

    def name_entry(self, read: KeptRead, entry: AuditEntry) -> None:
        """Note which audit entry records it."""
        kind = ROWS[type(read)]
        self._session.execute(
            update(kind)
            .where(kind.audit_salt == read.audit_salt, kind.case_id == _case_id(read))
            .values(audit_sequence=entry.sequence, audit_hash=entry.hash)
        )

    def first(self, key: ReadKey) -> FirstRead | None:
        """The locked read of a key."""
        entry = self._session.scalars(select(FirstReadEntry).where(*_of(FirstReadEntry, key)))
        found = entry.first()
        return None if found is None else _first(found)

    def of_reader(self, study: str, reader: str) -> tuple[StudyRead, ...]:
        """All reads that a reader is to make in a study, made or not, in their order."""
        return tuple(read for read, _ in self.queue(study, reader))

    def queue(self, study: str, reader: str) -> tuple[tuple[StudyRead, str], ...]:
        """The same, each with the name of its file."""
        return self._reads(StudySlotEntry.study_id == study, StudySlotEntry.reader == reader)

    def of_case(self, study: str, case_id: str, *, frame: int) -> tuple[StudyRead, ...]:
        """All readers' reads of one case, made or not."""
        found = self._reads(
            StudySlotEntry.study_id == study,
            StudySlotEntry.case_id == case_id,
            StudySlotEntry.frame == frame,
        )
        return tuple(read for read, _ in found)

    def of_study(self, study: str) -> tuple[StudyRead, ...]:
        """All reads of a study, made or not."""
        return tuple(read for read, _ in self._reads(StudySlotEntry.study_id == study))

    def adjudications(self, study: str) -> tuple[Adjudication, ...]:
        """All decisions of a study, in the order they were made."""
        query = select(AdjudicationEntry).where(AdjudicationEntry.study == study)
        entries = self._session.scalars(query.order_by(AdjudicationEntry.id))
        return tuple(_adjudication(entry) for entry in entries)

    def recorded(self) -> Iterator[RecordedRead]:
        """All that names an entry of the audit, with what that entry says."""
        yield from self._recorded(FirstReadEntry, _first)
        yield from self._recorded(SignedReadEntry, _signed)
        yield from self._recorded(AdjudicationEntry, _adjudication)

    def _recorded(
        self, kind: type[_AnyEntry], made: Callable[[_AnyEntry], KeptRead]
    ) -> Iterator[RecordedRead]:
        after = 0
        while True:
            rows = self._session.execute(
                select(kind, AuditRow.hash, AuditRow.content, AuditRow.subject)
                .join(AuditRow, AuditRow.sequence == kind.audit_sequence, isouter=True)
                .where(kind.audit_sequence.is_not(None), kind.id > after)
                .order_by(kind.id)
                .limit(CHUNK)
            ).all()
            for entry, *recorded in rows:
                yield RecordedRead(made(entry), *recorded)
            if len(rows) < CHUNK:
                return
            after = rows[-1][0].id
            self._session.expunge_all()

    def lost(self) -> tuple[tuple[int, str], ...]:
        """Number and subject of entries of reads that are gone although their case is not."""
        kept: set[int] = set()
        for kind in ROWS.values():
            query = select(kind.audit_sequence).where(kind.audit_sequence.is_not(None))
            kept.update(number for number in self._session.scalars(query) if number is not None)
        rows = self._session.execute(
            select(AuditRow.sequence, AuditRow.subject)
            .where(AuditRow.action.in_(ACTION.values()))
            .order_by(AuditRow.sequence)
        ).all()
        lost = [(number, subject) for number, subject in rows if number not in kept]
        if not lost:
            return ()
        gone = set(
            self._session.scalars(select(AuditRow.subject).where(AuditRow.action == "case deleted"))
        )
        return tuple(row for row in lost if row[1].partition(":")[0] not in gone)

    def _reads(self, *conditions: Any) -> tuple[tuple[StudyRead, str], ...]:
        slot = StudySlotEntry

        def of_slot(kind: type[_Entry]) -> Any:
            return and_(
                kind.study == slot.study_id,
                kind.reader == slot.reader,
                kind.case_id == slot.case_id,
                kind.frame == slot.frame,
                kind.round == slot.round,
            )

        query = (
            select(slot, FirstReadEntry, SignedReadEntry, CaseEntry.file_name)
            .join(CaseEntry, CaseEntry.id == slot.case_id)
            .join(FirstReadEntry, of_slot(FirstReadEntry), isouter=True)
            .join(SignedReadEntry, of_slot(SignedReadEntry), isouter=True)
            .where(*conditions)
            .order_by(slot.reader, slot.position)
        )
        return tuple(
            (
                StudyRead(
                    key=ReadKey(
                        entry.case_id, entry.reader, entry.study_id, entry.frame, entry.round
                    ),
                    arm=entry.arm,  # type: ignore[arg-type]
                    position=entry.position,
                    is_repeat=entry.is_repeat,
                    first=None if first is None else _first(first),
                    second=None if second is None else _signed(second),
                ),
                file_name,
            )
            for entry, first, second, file_name in self._session.execute(query)
        )


def _of(kind: type[_Entry], key: ReadKey) -> Sequence[Any]:
    return [getattr(kind, name) == value for name, value in asdict(key).items()]


def _case_id(read: KeptRead) -> str:
    return read.case_id if isinstance(read, Adjudication) else read.key.case_id


def _json(marks: Sequence[Mark]) -> list[Any]:
    return [mark.to_json() for mark in marks]


def _marks(kept: list[Any]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            one["kind"],
            tuple((column, row) for column, row in one["points"]),
            one["purpose"],
            one["text"],
        )
        for one in kept
    )


def _row(read: KeptRead) -> Row:
    kind = ROWS[type(read)]
    audit = {name: getattr(read, name) for name in AUDIT}
    if isinstance(read, Adjudication | FirstRead):
        fields = {name: getattr(read, name) for name in read.__dataclass_fields__}
        key = fields.pop("key", None)
        fields |= {"marks": _json(read.marks)} | (asdict(key) if key else {})
        if isinstance(read, FirstRead):
            fields["answers"] = dict(read.answers)
        return kind(**fields)
    said = read.judgement
    return kind(
        **asdict(read.key),
        **audit,
        **{name: getattr(said, name) for name in _PLAIN},
        **{name: getattr(read, name) for name in _SHOWN},
        prototype_judgements={name: asdict(one) for name, one in said.prototype_judgements.items()},
        marks=_json(said.marks),
        tried=[dict(one) for one in said.tried],
        answers=dict(said.answers),
    )


_PLAIN = (
    *("verdict", "confidence", "reason", "region", "corrected_label", "text", "active_seconds"),
)
_SHOWN = ("label", "model", "predicted_label", "predicted_probability", "support", "signed_at")


def _key(entry: FirstReadEntry | SignedReadEntry) -> ReadKey:
    return ReadKey(entry.case_id, entry.reader, entry.study, entry.frame, entry.round)


def _audit(entry: Row) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in AUDIT}


def _first(entry: FirstReadEntry) -> FirstRead:
    return FirstRead(
        key=_key(entry),
        label=entry.label,
        confidence=entry.confidence,
        marks=_marks(entry.marks),
        nothing_to_mark=entry.nothing_to_mark,
        answers=entry.answers,
        active_seconds=entry.active_seconds,
        locked_at=entry.locked_at,
        **_audit(entry),
    )


def _signed(entry: SignedReadEntry) -> SignedRead:
    judgements = {
        name: PrototypeJudgement(**one) for name, one in entry.prototype_judgements.items()
    }
    return SignedRead(
        key=_key(entry),
        judgement=Judgement(
            **{name: getattr(entry, name) for name in _PLAIN},
            prototype_judgements=judgements,
            marks=_marks(entry.marks),
            tried=tuple(entry.tried),
            answers=entry.answers,
        ),
        **{name: getattr(entry, name) for name in _SHOWN},
        **_audit(entry),
    )


def _adjudication(entry: AdjudicationEntry) -> Adjudication:
    fields = {name: getattr(entry, name) for name in Adjudication.__dataclass_fields__}
    return Adjudication(**fields | {"marks": _marks(entry.marks)})
