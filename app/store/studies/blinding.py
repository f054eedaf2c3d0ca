"""What is hidden from a reader for now, as one condition that every query can take.

Nothing here depends on who asks but the reader's name, so that no page and no export has a rule of
its own.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain.studies.onlooker import Onlooker
from app.store.rows import AnnotationEntry, CaseEntry, JobItemEntry
from app.store.studies.rows import (
    AdjudicationEntry,
    FirstReadEntry,
    StudyCaseEntry,
    StudyEntry,
    StudyPersonEntry,
    StudySlotEntry,
)
from app.store.studies.studies import DONE, WAITING


class Blinding:
    """The question inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def onlooker(self, reader: str, *, reads_first: bool) -> Onlooker | None:
        """Whom to hide something from; None where nothing is hidden, so that nobody else's
        queries change."""
        by_studies = any(
            self._session.scalar(pixels.limit(1)) is not None for pixels in _pixels(reader)
        )
        return Onlooker(reader, reads_first, by_studies) if reads_first or by_studies else None

    def is_hidden(self, onlooker: Onlooker, case_id: str, *, frame: int = 0) -> bool:
        """Is what the model says of this frame hidden?"""
        query = select(CaseEntry.id).where(CaseEntry.id == case_id, hidden(onlooker, frame=frame))
        return self._session.scalar(query) is not None

    def is_held(self, case_id: str) -> bool:
        """Does an open study still have this image read, or decided, by somebody without the
        model's answer? Then nothing that tells it may go where they could see it."""
        slot, one = StudySlotEntry, StudyCaseEntry
        reads = (
            select(slot.id)
            .join(StudyEntry, StudyEntry.id == slot.study_id)
            .where(
                slot.pixel_sha256 == CaseEntry.pixel_sha256,
                slot.state == WAITING,
                slot.hides_ai,
                StudyEntry.state == "open",
            )
        )
        decisions = (
            select(one.id)
            .join(StudyEntry, StudyEntry.id == one.study_id)
            .join(StudyPersonEntry, StudyPersonEntry.study_id == StudyEntry.id)
            .where(
                one.pixel_sha256 == CaseEntry.pixel_sha256,
                StudyPersonEntry.adjudicates,
                StudyEntry.hides_from_adjudicators,
                StudyEntry.state == "open",
                ~_decided(one),
            )
        )
        query = select(CaseEntry.id).where(
            CaseEntry.id == case_id, or_(reads.exists(), decisions.exists())
        )
        return self._session.scalar(query) is not None

    def among(self, onlooker: Onlooker, case_ids: Collection[str]) -> frozenset[str]:
        """Those of some cases whose first frame is hidden."""
        if not case_ids:
            return frozenset()
        condition = hidden(onlooker, of=case_ids)
        query = select(CaseEntry.id).where(CaseEntry.id.in_(case_ids), condition)
        return frozenset(self._session.scalars(query))


def hidden(
    onlooker: Onlooker,
    *,
    frame: int | ColumnElement[int] = 0,
    of: Collection[str] | None = None,
) -> ColumnElement[bool]:
    """The condition on a case: its answers are hidden from this reader.

    Args:
        onlooker: the reader.
        frame: of the case, or the column that says which.
        of: the few cases that are asked about, so that not all is gone through that was read.
    """
    conditions: list[ColumnElement[bool]] = []
    if onlooker.by_studies:  # no index of the list holds the hashes: each row would be looked up
        conditions += (CaseEntry.pixel_sha256.in_(pixels) for pixels in _pixels(onlooker.reader))
    if onlooker.reads_first:
        conditions.append(_unread(onlooker.reader, frame, of))
    return or_(false(), *conditions)


def shown_state(onlooker: Onlooker | None) -> ColumnElement[str]:
    """The state of a batch's file, joined with its case: a refusal that is hidden from somebody
    is an image that was read."""
    state = JobItemEntry.state.expression
    if onlooker is None:
        return state
    return case((and_(hidden(onlooker), state == "refused"), "done"), else_=state)


def _pixels(reader: str) -> tuple[Select[Any], Select[Any]]:
    """Hashes of images that studies hide from somebody: as a reader, and as an adjudicator."""
    return _to_be_read(reader), _to_be_decided(reader)


def _to_be_read(reader: str) -> Select[Any]:
    """Reads that are next for their case and not locked. A read of a later round hides the case
    as soon as the one before it is done."""
    slot, before = StudySlotEntry, aliased(StudySlotEntry)
    earlier = (
        select(before.id)
        .where(
            before.study_id == slot.study_id,
            before.reader == slot.reader,
            before.case_id == slot.case_id,
            before.frame == slot.frame,
            before.round < slot.round,
            before.state != DONE,
        )
        .exists()
    )
    return (
        select(slot.pixel_sha256)
        .join(StudyEntry, StudyEntry.id == slot.study_id)
        .where(
            slot.reader == reader,
            slot.state == WAITING,
            slot.hides_ai,
            StudyEntry.state == "open",
            ~earlier,
        )
    )


def _to_be_decided(reader: str) -> Select[Any]:
    """Cases of studies whose adjudicator may not see the model's answer before they decide."""
    one = StudyCaseEntry
    return (
        select(one.pixel_sha256)
        .join(StudyEntry, StudyEntry.id == one.study_id)
        .join(StudyPersonEntry, StudyPersonEntry.study_id == StudyEntry.id)
        .where(
            StudyPersonEntry.name == reader,
            StudyPersonEntry.adjudicates,
            StudyEntry.hides_from_adjudicators,
            StudyEntry.state == "open",
            ~_decided(one),
        )
    )


def _decided(one: type[StudyCaseEntry]) -> ColumnElement[bool]:
    return (
        select(AdjudicationEntry.id)
        .where(
            AdjudicationEntry.study == one.study_id,
            AdjudicationEntry.case_id == one.case_id,
            AdjudicationEntry.frame == one.frame,
        )
        .exists()
    )


def _unread(
    reader: str, frame: int | ColumnElement[int], of: Collection[str] | None
) -> ColumnElement[bool]:
    """What this reader neither locked nor signed, but for what an open study has them read: its
    protocol says when the answer is shown."""
    locked = select(FirstReadEntry.case_id).where(
        FirstReadEntry.reader == reader, FirstReadEntry.frame == frame
    )
    own = aliased(AnnotationEntry)  # the query around this one may be of annotations
    signed = select(own.case_id).where(own.reader == reader, own.frame == frame)
    in_study = (
        select(StudySlotEntry.case_id)
        .join(StudyEntry, StudyEntry.id == StudySlotEntry.study_id)
        .where(StudySlotEntry.reader == reader, StudyEntry.state == "open")
    )
    if of is not None:
        locked = locked.where(FirstReadEntry.case_id.in_(of))
        signed = signed.where(own.case_id.in_(of))
        in_study = in_study.where(StudySlotEntry.case_id.in_(of))
    return and_(
        CaseEntry.id.not_in(locked), CaseEntry.id.not_in(signed), CaseEntry.id.not_in(in_study)
    )
