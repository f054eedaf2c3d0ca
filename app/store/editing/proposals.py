"""Proposals: added once, followed by steps that are only ever added."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.domain.actors import Actor, ActorKind
from app.domain.errors import Conflict, NotFound
from app.domain.proposals import (
    Cost,
    Figures,
    Proposal,
    ProposalKind,
    ProposalState,
    ProposalStep,
)
from app.store.editing.rows import ProposalEntry, ProposalStepEntry

TAKEN = "Somebody else decided on this proposal just now, so nothing was changed. Look again."


class Proposals:
    """The proposals' tables inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, new: Proposal) -> None:
        """Add a proposal with its first steps."""
        self._session.add(
            ProposalEntry(
                id=new.proposal_id,
                kind=new.kind,
                model=new.model,
                model_name=new.model_name,
                prototypes_off=list(new.off),
                required=list(new.required),
                tolerance=new.tolerance,
                cost=None if new.cost is None else asdict(new.cost),
                reason=new.reason,
                created_at=new.steps[0].at,
            )
        )
        self._session.flush()
        for step in new.steps:
            self.add_step(new.proposal_id, step)

    def add_step(self, proposal_id: str, step: ProposalStep) -> None:
        """Add a step.

        Raises:
            Conflict: there is a step of this number already.
        """
        entry = ProposalStepEntry(
            proposal_id=proposal_id,
            number=step.number,
            state=step.state,
            actor=step.actor.name,
            actor_kind=step.actor.kind,
            note=step.note,
            version=step.version,
            created_at=step.at,
        )
        try:
            with self._session.begin_nested():
                self._session.add(entry)
                self._session.flush()
        except IntegrityError:
            raise Conflict(TAKEN) from None

    def get(self, proposal_id: str, *, lock: bool = False) -> Proposal:
        """One proposal with its steps.

        Args:
            proposal_id: its id.
            lock: nobody else decides on it until this transaction ends.

        Raises:
            NotFound: there is none of this id.
        """
        entry = self._session.get(ProposalEntry, proposal_id, with_for_update=lock or None)
        if entry is None:
            raise NotFound("This proposal no longer exists. Open the page again.")
        return _proposal(entry, self._steps([entry.id]).get(entry.id, []))

    def newest(self, *, limit: int) -> tuple[Proposal, ...]:
        """The proposals there are, newest first."""
        entries = list(
            self._session.scalars(
                select(ProposalEntry)
                .order_by(ProposalEntry.created_at.desc(), ProposalEntry.id)
                .limit(limit)
            )
        )
        steps = self._steps([entry.id for entry in entries])
        return tuple(_proposal(entry, steps.get(entry.id, [])) for entry in entries)

    def approved_version(self, digest: str) -> bool:
        """Was this version written, or kept, by a proposal that was approved here?"""
        step, approved = aliased(ProposalStepEntry), aliased(ProposalStepEntry)
        query = (
            select(step.id)
            .join(approved, approved.proposal_id == step.proposal_id)
            .where(step.version == digest, approved.state == "approved")
        )
        return self._session.scalar(query.limit(1)) is not None

    def _steps(self, ids: list[str]) -> dict[str, list[ProposalStepEntry]]:
        found: dict[str, list[ProposalStepEntry]] = {}
        query = (
            select(ProposalStepEntry)
            .where(ProposalStepEntry.proposal_id.in_(ids))
            .order_by(ProposalStepEntry.proposal_id, ProposalStepEntry.number)
        )
        for step in self._session.scalars(query):
            found.setdefault(step.proposal_id, []).append(step)
        return found


def _proposal(entry: ProposalEntry, steps: list[ProposalStepEntry]) -> Proposal:
    return Proposal(
        proposal_id=entry.id,
        kind=cast(ProposalKind, entry.kind),
        model=entry.model,
        model_name=entry.model_name,
        off=tuple(entry.prototypes_off),
        required=tuple(entry.required),
        tolerance=entry.tolerance,
        cost=None if entry.cost is None else _cost(entry.cost),
        reason=entry.reason,
        steps=tuple(
            ProposalStep(
                number=step.number,
                state=cast(ProposalState, step.state),
                actor=Actor(step.actor, cast(ActorKind, step.actor_kind)),
                at=step.created_at,
                note=step.note,
                version=step.version,
            )
            for step in steps
        ),
    )


def _cost(data: dict[str, Any]) -> Cost:
    return Cost(
        images=data["images"],
        before=Figures(**data["before"]),
        after=Figures(**data["after"]),
        changed_calls=data["changed_calls"],
        increase=data["increase"],
    )
