"""Which cases are old enough to go by a site's rule, and what holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.domain.sending.sending import OPEN
from app.store.editing.rows import ProposalEntry, ProposalStepEntry
from app.store.jobs import ACTIVE
from app.store.rows import (
    AnnotationEntry,
    CaseEntry,
    JobEntry,
    JobItemEntry,
    PrototypeJudgementEntry,
)
from app.store.sending.rows import OutboxEntry
from app.store.studies.rows import (
    AdjudicationEntry,
    FirstReadEntry,
    SignedReadEntry,
    StudyCaseEntry,
    StudyEntry,
)

JOB, BATCH, LEARNING, PROPOSAL, READING, SENDING = (
    "work on it is waiting or running",
    "a batch that is not over reads it",
    "a model is learning from what was said of it",
    "a proposal that nobody decided on rests on what was said of it",
    "a study with several readers that is not closed has it read",
    "a signed read of it waits to be sent to an archive",
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
    """Of the newest signature, read of a study or decision; None where there is none."""
    signatures: int
    """All of these."""


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
        aged = (AgedCase(*row) for row in self._session.execute(query))
        reads = self._reads()
        return tuple(_with_reads(one, reads.get(one.case_id, ())) for one in aged)

    def _reads(self) -> dict[str, list[tuple[datetime, int]]]:
        """By case: when the last of its reads was locked, signed or decided, and how many were."""
        reads: dict[str, list[tuple[datetime, int]]] = {}
        for case_id, at in (
            (FirstReadEntry.case_id, FirstReadEntry.locked_at),
            (SignedReadEntry.case_id, SignedReadEntry.signed_at),
            (AdjudicationEntry.case_id, AdjudicationEntry.decided_at),
        ):
            query = select(case_id, func.max(at, type_=at.type), func.count()).group_by(case_id)
            for case, last, count in self._session.execute(query):
                reads.setdefault(case, []).append((last, count))
        return reads

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
        read = select(StudyCaseEntry.case_id).join(
            StudyEntry, StudyEntry.id == StudyCaseEntry.study_id
        )
        queries = (
            (READING, read.where(StudyEntry.state != "closed")),
            (PROPOSAL, judged.where(AnnotationEntry.model.in_(waits))),
            (LEARNING, judged.where(AnnotationEntry.model.in_(learns))),
            (
                BATCH,
                select(JobItemEntry.case_id)
                .join(JobEntry, JobEntry.id == JobItemEntry.job_id)
                .where(JobEntry.state.in_(ACTIVE), JobItemEntry.case_id.is_not(None)),
            ),
            (SENDING, select(OutboxEntry.case_id).where(OutboxEntry.state.in_(OPEN))),
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


def _with_reads(case: AgedCase, reads: Sequence[tuple[datetime, int]]) -> AgedCase:
    times = [last for last, _ in reads] + ([case.signed_at] if case.signed_at else [])
    return replace(
        case,
        signed_at=max(times, default=None),
        signatures=case.signatures + sum(count for _, count in reads),
    )
