"""Annotations: revisions that are only ever added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.annotations import (
    Annotation,
    AnnotationFilters,
    AnnotationOrder,
    AnnotationPage,
    AnnotationRow,
    PrototypeJudgement,
)
from app.domain.audit.entries import AuditEntry
from app.domain.errors import Conflict
from app.domain.marks import marks_from_json
from app.domain.studies.onlooker import Onlooker
from app.store import case_summary
from app.store.rows import AnnotationEntry, CaseEntry, PrototypeJudgementEntry, labelled
from app.store.studies.blinding import hidden

_OF_MORE_THAN_ONE_VALUE = ("prototype_judgements", "marks", "tried")
COLUMNS = tuple(
    name for name in Annotation.__dataclass_fields__ if name not in _OF_MORE_THAN_ONE_VALUE
)


class Annotations:
    """The annotation table inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Annotation) -> None:
        """Write the next revision.

        Raises:
            Conflict: that revision, or a later one, exists.
        """
        if self.latest_revision(new.case_id, frame=new.frame) != new.revision - 1:
            raise _conflict()
        entry = AnnotationEntry(
            **{name: getattr(new, name) for name in COLUMNS},
            marks=[mark.to_json() for mark in new.marks] or None,
            tried=[dict(entry) for entry in new.tried] or None,
        )
        try:
            with self._session.begin_nested():
                self._session.add(entry)
                self._session.flush()
        except IntegrityError:
            # PostgreSQL: the other writer came between the question above and the insert.
            raise _conflict() from None
        for prototype, judgement in new.prototype_judgements.items():
            self._session.add(
                PrototypeJudgementEntry(
                    annotation_id=entry.id,
                    prototype=prototype,
                    similar=judgement.similar,
                    usefulness=judgement.usefulness,
                    artefact=judgement.artefact,
                )
            )
        self._session.flush()
        case_summary.refresh(self._session, new.case_id)

    def name_entry(self, signed: Annotation, entry: AuditEntry) -> None:
        """Note which audit entry records a signature."""
        self._session.execute(
            update(AnnotationEntry)
            .where(
                AnnotationEntry.case_id == signed.case_id,
                AnnotationEntry.frame == signed.frame,
                AnnotationEntry.revision == signed.revision,
            )
            .values(audit_sequence=entry.sequence, audit_hash=entry.hash)
        )

    def latest_revision(self, case_id: str, *, frame: int) -> int:
        """Number of the last revision; 0 when nothing was signed."""
        return (
            self._session.scalar(
                select(func.max(AnnotationEntry.revision)).where(
                    AnnotationEntry.case_id == case_id, AnnotationEntry.frame == frame
                )
            )
            or 0
        )

    def revisions(self, case_id: str, *, frame: int) -> tuple[Annotation, ...]:
        """All revisions of one frame, oldest first."""
        entries = list(
            self._session.scalars(
                select(AnnotationEntry)
                .where(AnnotationEntry.case_id == case_id, AnnotationEntry.frame == frame)
                .order_by(AnnotationEntry.revision)
            )
        )
        return self.of_entries(entries)

    def of_entries(self, entries: list[AnnotationEntry]) -> tuple[Annotation, ...]:
        """Rows as the domain knows them, with their judgements."""
        judgements = self._judgements([entry.id for entry in entries])
        return tuple(_annotation(entry, judgements.get(entry.id, {})) for entry in entries)

    def page(
        self,
        filters: AnnotationFilters,
        *,
        page: int,
        size: int,
        onlooker: Onlooker | None = None,
    ) -> AnnotationPage:
        """One page of the table, in the order of the filters, without those of images whose answers
        are hidden from the onlooker."""
        query = _query(filters, onlooker)
        total = self._session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = tuple(self._rows(query.limit(size).offset(page * size)))
        return AnnotationPage(rows, total, page, size)

    def iterate(
        self,
        filters: AnnotationFilters,
        *,
        chunk: int = 500,
        onlooker: Onlooker | None = None,
    ) -> Iterator[AnnotationRow]:
        """All rows, a chunk at a time; for an onlooker as :meth:`page`."""
        offset = 0
        while True:
            rows = self._rows(_query(filters, onlooker).limit(chunk).offset(offset))
            yield from rows
            if len(rows) < chunk:
                return
            offset += chunk
            self._session.expunge_all()

    def readers(self) -> tuple[str, ...]:
        """Names of all who signed."""
        query = select(AnnotationEntry.reader).distinct().order_by(AnnotationEntry.reader)
        return tuple(self._session.scalars(query))

    def _rows(self, query: Select[Any]) -> list[AnnotationRow]:
        rows = self._session.execute(query).all()
        judgements = self._judgements([entry.id for entry, *_ in rows])
        return [
            AnnotationRow(
                annotation=_annotation(entry, judgements.get(entry.id, {})),
                file_name=file_name,
                file_sha256=file_sha256,
                pixel_sha256=pixel_sha256,
                pixel_hash=pixel_hash,
                is_latest=entry.revision == newest,
            )
            for entry, file_name, file_sha256, pixel_sha256, pixel_hash, newest in rows
        ]

    def _judgements(self, annotation_ids: list[int]) -> dict[int, dict[str, PrototypeJudgement]]:
        judgements: dict[int, dict[str, PrototypeJudgement]] = {}
        if not annotation_ids:
            return judgements
        for entry in self._session.scalars(
            select(PrototypeJudgementEntry)
            .where(PrototypeJudgementEntry.annotation_id.in_(annotation_ids))
            .order_by(PrototypeJudgementEntry.prototype)
        ):
            judgements.setdefault(entry.annotation_id, {})[entry.prototype] = PrototypeJudgement(
                similar=entry.similar,
                usefulness=entry.usefulness,  # type: ignore[arg-type]
                artefact=entry.artefact,  # type: ignore[arg-type]
            )
        return judgements


def _query(filters: AnnotationFilters, onlooker: Onlooker | None) -> Select[Any]:
    newest = (
        select(
            AnnotationEntry.case_id,
            AnnotationEntry.frame,
            func.max(AnnotationEntry.revision).label("revision"),
        )
        .group_by(AnnotationEntry.case_id, AnnotationEntry.frame)
        .subquery("newest")
    )
    query = (
        select(
            AnnotationEntry,
            CaseEntry.file_name,
            CaseEntry.file_sha256,
            CaseEntry.pixel_sha256,
            CaseEntry.pixel_hash,
            newest.c.revision.label("newest"),
        )
        .join(CaseEntry, CaseEntry.id == AnnotationEntry.case_id)
        .join(
            newest,
            (newest.c.case_id == AnnotationEntry.case_id)
            & (newest.c.frame == AnnotationEntry.frame),
        )
        .where(*_conditions(filters))
        .order_by(*_order(filters.order))
    )
    if not filters.all_revisions:
        query = query.where(AnnotationEntry.revision == newest.c.revision)
    if onlooker is not None:
        query = query.where(~hidden(onlooker, frame=AnnotationEntry.frame.expression))
    return query


def _order(by: AnnotationOrder) -> tuple[Any, ...]:
    """Equal ones newest first."""
    newest = AnnotationEntry.id.desc()
    orders: dict[AnnotationOrder, tuple[Any, ...]] = {
        "newest": (newest,),
        "oldest": (AnnotationEntry.id,),
        "name": (CaseEntry.name_key, newest),
        "finding": (CaseEntry.finding_probability.desc(), newest),
        "unsure": (AnnotationEntry.confidence, newest),
    }
    return orders[by]


def _conditions(filters: AnnotationFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.text.strip():
        part = filters.text.strip()
        conditions.append(
            or_(
                CaseEntry.file_name.icontains(part, autoescape=True),
                AnnotationEntry.text.icontains(part, autoescape=True),
            )
        )
    if filters.verdict:
        conditions.append(AnnotationEntry.verdict == filters.verdict)
    if filters.reader:
        conditions.append(AnnotationEntry.reader == filters.reader)
    if filters.label:
        conditions.append(
            or_(
                labelled(AnnotationEntry.predicted_label, filters.label),
                labelled(AnnotationEntry.corrected_label, filters.label),
            )
        )
    if filters.model:
        conditions.append(AnnotationEntry.model == filters.model)
    if filters.agrees is not None:
        rejects = AnnotationEntry.verdict == "reject"
        conditions.append(AnnotationEntry.predicted_label.is_not(None))
        conditions.append(~rejects if filters.agrees else rejects)
    if filters.since:
        conditions.append(AnnotationEntry.created_at >= filters.since)
    if filters.until:
        conditions.append(AnnotationEntry.created_at <= filters.until)
    return conditions


def _annotation(entry: AnnotationEntry, judgements: dict[str, PrototypeJudgement]) -> Annotation:
    values = {name: getattr(entry, name) for name in COLUMNS}
    return Annotation(
        **values,
        prototype_judgements=judgements,
        marks=marks_from_json(entry.marks or ()),
        tried=tuple(entry.tried or ()),
    )


def _conflict() -> Conflict:
    return Conflict(
        "Another revision was signed for this image in the meantime; nothing was overwritten. "
        "Look at it, then sign again if you still want to."
    )
