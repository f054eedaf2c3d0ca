"""Signatures beside the audit entries that record them, for a verification."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.annotations import Annotation
from app.store.annotations import Annotations
from app.store.audit.rows import AuditRow
from app.store.rows import AnnotationEntry

CHUNK = 500  # rows that are read at a time
SIGNED, DELETED = "verdict signed", "case deleted"


@dataclass(frozen=True)
class RecordedSignature:
    """A signature, and what the entry that it names says; None where there is no such entry."""

    annotation: Annotation
    hash: str | None
    content: str | None
    subject: str | None


class Signatures:
    """Annotations and audit entries together, inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def recorded(self) -> Iterator[RecordedSignature]:
        """All signatures that name an entry."""
        after = 0
        while True:
            rows = self._session.execute(
                select(AnnotationEntry, AuditRow.hash, AuditRow.content, AuditRow.subject)
                .join(AuditRow, AuditRow.sequence == AnnotationEntry.audit_sequence, isouter=True)
                .where(AnnotationEntry.audit_sequence.is_not(None), AnnotationEntry.id > after)
                .order_by(AnnotationEntry.id)
                .limit(CHUNK)
            ).all()
            found = Annotations(self._session).of_entries([entry for entry, *_ in rows])
            for annotation, (_, *recorded) in zip(found, rows, strict=True):
                yield RecordedSignature(annotation, *recorded)
            if len(rows) < CHUNK:
                return
            after = rows[-1][0].id
            self._session.expunge_all()

    def lost(self) -> tuple[tuple[int, str], ...]:
        """Entries of signatures that are gone although nobody deleted their case.

        Returns:
            Number and subject of each.
        """
        deleted = set(
            self._session.scalars(select(AuditRow.subject).where(AuditRow.action == DELETED))
        )
        rows = self._session.execute(
            select(AuditRow.sequence, AuditRow.subject)
            .join(
                AnnotationEntry, AnnotationEntry.audit_sequence == AuditRow.sequence, isouter=True
            )
            .where(AuditRow.action == SIGNED, AnnotationEntry.id.is_(None))
            .order_by(AuditRow.sequence)
        )
        return tuple(
            (sequence, subject)
            for sequence, subject in rows
            if subject.partition(":")[0] not in deleted
        )
