"""Which cases are old enough to go by a site's rule, and what holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.store.editing.rows import ProposalEntry, ProposalStepEntry
from app.store.jobs import ACTIVE
from app.store.rows import (
    AnnotationEntry,
    CaseEntry,
    JobEntry,
    JobItemEntry,
    PrototypeJudgementEntry,
)

JOB, BATCH, LEARNING, PROPOSAL = (
    "work on it is waiting or running",
    "a batch that is not over reads it",
    "a model is learning from what was said of it",
    "a proposal that nobody decided on rests on what was said of it",
)
STUDY = "another image of its study is not due yet"


@dataclass(frozen=True)
class AgedCase:
    """A case with what a rule looks at."""

    case_id: str
    study_key: str
    file_bytes: int
    added_at: datetime
    signed_at: datetime | None
    """Of the newest signature; None where nobody signed."""
    signatures: int


class DueCases:
    """The rule's questions inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def aged(self, *, study_of: str | None = None) -> tuple[AgedCase, ...]:
        """All cases, in the order of their ids; or those of one case's study."""
        query = (
            select(
                CaseEntry.id,
                CaseEntry.study_key,
                CaseEntry.file_bytes,
                CaseEntry.created_at,
                func.max(AnnotationEntry.created_at, type_=AnnotationEntry.created_at.type),
                func.count(AnnotationEntry.id),
            )
            .join(AnnotationEntry, AnnotationEntry.case_id == CaseEntry.id, isouter=True)
            .group_by(CaseEntry.id)
            .order_by(CaseEntry.id)
        )
        if study_of is not None:
            study = select(CaseEntry.study_key).where(CaseEntry.id == study_of)
            query = query.where(CaseEntry.study_key == study.scalar_subquery())
        return tuple(AgedCase(*row) for row in self._session.execute(query))

    def held(self) -> Mapping[str, str]:
        """Cases in use, by id, each with what uses it."""
        judged = select(AnnotationEntry.case_id).join(
            PrototypeJudgementEntry, PrototypeJudgementEntry.annotation_id == AnnotationEntry.id
        )
        learns = select(JobEntry.model).where(
            JobEntry.kind == "learn", JobEntry.state.in_(ACTIVE), JobEntry.model.is_not(None)
        )
        later = aliased(ProposalStepEntry)
        decided = select(later.proposal_id).where(later.state != "proposed")
        waits = select(ProposalEntry.model).where(ProposalEntry.id.not_in(decided))
        queries = (
            (PROPOSAL, judged.where(AnnotationEntry.model.in_(waits))),
            (LEARNING, judged.where(AnnotationEntry.model.in_(learns))),
            (
                BATCH,
                select(JobItemEntry.case_id)
                .join(JobEntry, JobEntry.id == JobItemEntry.job_id)
                .where(JobEntry.state.in_(ACTIVE), JobItemEntry.case_id.is_not(None)),
            ),
            (
                JOB,
                select(JobEntry.case_id).where(
                    JobEntry.state.in_(ACTIVE), JobEntry.case_id.is_not(None)
                ),
            ),
        )
        return {
            case_id: why
            for why, query in queries
            for case_id in self._session.scalars(query)
            if case_id is not None
        }
