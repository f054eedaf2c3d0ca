"""Jobs that let a model learn, and what readers said that it learns from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.actors import Actor, ActorKind
from app.domain.jobs import Job
from app.domain.proposals import LearningRequest
from app.store.editing.rows import LearningEntry
from app.store.jobs import to_job
from app.store.programs.program_jobs import ProgramJobs
from app.store.rows import AnnotationEntry, CaseEntry, PrototypeJudgementEntry

STOPPED = "The program was stopped while the model learned. Start it again."


class LearningJobs(ProgramJobs):
    """The jobs of learning inside one transaction."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "learn", STOPPED)

    def note(self, job_id: str, request: LearningRequest) -> None:
        """Keep who asked for a job that was just enqueued; a later asking changes nothing."""
        if self._session.get(LearningEntry, job_id) is None:
            self._session.add(
                LearningEntry(
                    job_id=job_id,
                    actor=request.actor.name,
                    actor_kind=request.actor.kind,
                    reason=request.reason,
                )
            )
            self._session.flush()

    def claim(self, now: datetime) -> tuple[Job, LearningRequest] | None:
        """Take the oldest waiting job; None while another one is running, or without any."""
        entry = self.begin_next(now)
        if entry is None:
            return None
        asked = self._session.get_one(LearningEntry, entry.id)
        actor = Actor(asked.actor, cast(ActorKind, asked.actor_kind))
        return to_job(entry), LearningRequest(actor, asked.reason)

    def judgements(self, models: Sequence[str]) -> dict[str, dict[str, int]]:
        """What the latest signatures say of the prototypes of some bundles, which share them.

        Returns:
            Prototype id to usefulness to the number of frames.
        """
        judged = PrototypeJudgementEntry
        rows = self._session.execute(
            select(judged.prototype, judged.usefulness, func.count())
            .join(AnnotationEntry, AnnotationEntry.id == judged.annotation_id)
            .where(AnnotationEntry.id.in_(_newest()), AnnotationEntry.model.in_(models))
            .where(judged.usefulness.is_not(None))
            .group_by(judged.prototype, judged.usefulness)
            .order_by(judged.prototype, judged.usefulness)
        )
        counts: dict[str, dict[str, int]] = {}
        for prototype, usefulness, count in rows:
            counts.setdefault(prototype, {})[str(usefulness)] = count
        return counts

    def judged_files(self, models: Sequence[str]) -> tuple[str, ...]:
        """SHA-256 of the files on which these judgements were made."""
        judged = PrototypeJudgementEntry
        query = (
            select(CaseEntry.file_sha256)
            .join(AnnotationEntry, AnnotationEntry.case_id == CaseEntry.id)
            .join(judged, judged.annotation_id == AnnotationEntry.id)
            .where(AnnotationEntry.id.in_(_newest()), AnnotationEntry.model.in_(models))
            .where(judged.usefulness.is_not(None))
            .distinct()
            .order_by(CaseEntry.file_sha256)
        )
        return tuple(self._session.scalars(query))


def _newest() -> Select[int]:
    """Ids of the latest signature of every frame."""
    return select(func.max(AnnotationEntry.id)).group_by(
        AnnotationEntry.case_id, AnnotationEntry.frame
    )
