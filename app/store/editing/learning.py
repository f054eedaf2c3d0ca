"""Jobs that let a model learn: one is done at a time, and none is begun again by itself."""

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
from app.store.jobs import ACTIVE, begin, one_row, to_job
from app.store.rows import AnnotationEntry, CaseEntry, JobEntry, PrototypeJudgementEntry

STOPPED = "The program was stopped while the model learned. Start it again."


class LearningJobs:
    """The jobs of learning inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
        if self._first("running") is not None:
            return None
        entry = self._first("waiting")
        if entry is None:
            return None
        begin(entry, now)
        self._session.flush()
        asked = self._session.get_one(LearningEntry, entry.id)
        actor = Actor(asked.actor, cast(ActorKind, asked.actor_kind))
        return to_job(entry), LearningRequest(actor, asked.reason)

    def is_any_waiting(self) -> bool:
        """Is there a job to be taken? Cheap enough to ask often."""
        query = select(JobEntry.id).where(JobEntry.state == "waiting", JobEntry.kind == "learn")
        return self._session.scalar(query.limit(1)) is not None

    def end_abandoned(self, now: datetime) -> int:
        """End the jobs whose worker died with them, at the start of the next one: such a job takes
        long, so whether to begin again is for a person to say.

        Returns:
            How many there were.
        """
        query = select(JobEntry).where(JobEntry.state == "running", JobEntry.kind == "learn")
        entries = list(self._session.scalars(query))
        for entry in entries:
            with one_row(self._session):
                entry.state, entry.message, entry.finished_at = "failed", STOPPED, now
        return len(entries)

    def of_model(self, model: str) -> Job | None:
        """The newest job of a bundle, over or not."""
        entry = self._session.scalars(
            select(JobEntry)
            .where(JobEntry.kind == "learn", JobEntry.model == model)
            .order_by(JobEntry.state.in_(ACTIVE).desc(), JobEntry.created_at.desc(), JobEntry.id)
            .limit(1)
        ).first()
        return None if entry is None else to_job(entry)

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

    def _first(self, state: str) -> JobEntry | None:
        return self._session.scalars(
            select(JobEntry)
            .where(JobEntry.state == state, JobEntry.kind == "learn")
            .order_by(JobEntry.created_at, JobEntry.id)
            .limit(1)
            .with_for_update(skip_locked=state == "waiting")
        ).first()


def _newest() -> Select[int]:
    """Ids of the latest signature of every frame."""
    return select(func.max(AnnotationEntry.id)).group_by(
        AnnotationEntry.case_id, AnnotationEntry.frame
    )
