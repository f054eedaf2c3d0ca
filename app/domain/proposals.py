"""A proposed change of a model: what is changed, what it costs, and each step it went through.

A proposal's facts never change, and a step is only ever added, so that the table of the steps says
who did what and when. Where a proposal stands is what its last step says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from app.domain.actors import Actor
from app.domain.errors import Conflict, Refused

ProposalKind = Literal["reasons", "learned"]
"""“reasons”: prototypes switched off or required, and the last layer fitted anew. “learned”: a
short training from what readers said of the prototypes."""
ProposalState = Literal["proposed", "approved", "rejected", "active", "undone"]
PROPOSAL_STATES: tuple[ProposalState, ...] = get_args(ProposalState)
_MAY_FOLLOW: Mapping[ProposalState, tuple[ProposalState, ...]] = {
    "proposed": ("approved", "rejected"),
    "approved": ("active",),
    "active": ("undone",),
    "undone": ("active",),
    "rejected": (),
}
LONGEST_REASON = 2_000  # characters


@dataclass(frozen=True)
class Figures:
    """What a model reaches on its validation images; None where it was not measured."""

    auroc: float | None = None
    """0 to 1; with more than two classes the mean over the classes."""
    accuracy: float | None = None
    """0 to 1, by the model's own decision rule."""
    log_loss: float | None = None
    """Mean of −log probability of the truth, in nats."""


@dataclass(frozen=True)
class Cost:
    """The same validation images read with the old and the new version."""

    images: int
    before: Figures
    after: Figures
    changed_calls: int | None = None
    """Images whose label is another one; None where it was not counted."""
    increase: float | None = None
    """Fraction by which the loss on the training images rises; None where it was not measured."""


@dataclass(frozen=True)
class EditAnswer:
    """Whether a choice of prototypes can be kept to, and what it costs."""

    is_possible: bool
    """Within the tolerance."""
    explanation: str
    """Why it is not possible, in words; empty where it is."""
    cost: Cost | None
    """Measured whenever there are such weights at all, within the tolerance or not."""
    milliseconds: float


@dataclass(frozen=True)
class LearningRequest:
    """Who asked a model to learn, and why."""

    actor: Actor
    reason: str = ""


@dataclass(frozen=True)
class ProposalStep:
    """One row of the proposals' table of steps."""

    number: int
    """1 for the proposal itself."""
    state: ProposalState
    """Where the proposal stands from here on."""
    actor: Actor
    at: datetime
    note: str = ""
    version: str | None = None
    """Digest of the new bundle, in the step that wrote it."""


@dataclass(frozen=True)
class Proposal:
    """A change of one bundle, with its steps, oldest first."""

    proposal_id: str
    kind: ProposalKind
    model: str
    """Digest of the bundle that is changed: the new version's parent."""
    model_name: str
    off: tuple[str, ...]
    """Prototypes without any weight in the new version."""
    required: tuple[str, ...]
    """Prototypes that have to keep a weight for their own class."""
    tolerance: float | None
    """Fraction by which the loss on the training images may rise; None where none was set."""
    cost: Cost | None
    reason: str
    """Why, in the proposer's words; may be empty."""
    steps: tuple[ProposalStep, ...]

    def __post_init__(self) -> None:
        if not self.steps or self.steps[0].state != "proposed":
            raise ValueError("the first step of a proposal is that it is proposed")

    @property
    def state(self) -> ProposalState:
        """Where it stands."""
        return self.steps[-1].state

    @property
    def proposer(self) -> Actor:
        """Who proposed it."""
        return self.steps[0].actor

    @property
    def version(self) -> str | None:
        """Digest of the new version; None as long as it is not written."""
        return next((step.version for step in reversed(self.steps) if step.version), None)

    @property
    def approver(self) -> Actor | None:
        """Who approved it, if anybody did."""
        return next((step.actor for step in self.steps if step.state == "approved"), None)

    @property
    def is_approved_by_the_proposer(self) -> bool:
        """Did nobody else look at it?"""
        return self.approver is not None and self.approver == self.proposer


def check_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        Refused: it is too long.
    """
    kept = reason.strip()
    if len(kept) > LONGEST_REASON:
        raise Refused(
            f"The reason is {len(kept)} characters long; {LONGEST_REASON} fit. Shorten it."
        )
    return kept


def check_choice(
    *,
    off: tuple[str, ...],
    required: tuple[str, ...],
    known: tuple[str, ...],
    off_now: tuple[str, ...] = (),
    required_now: tuple[str, ...] = (),
) -> None:
    """Refuse a choice of prototypes that changes nothing, or contradicts itself.

    Args:
        off: all that would be switched off.
        required: all that would have to be used.
        known: all of the bundle.
        off_now: those that are off in the bundle already.
        required_now: those that were required when it was made.

    Raises:
        Refused: with the sentence for the reader.
    """
    unknown = [name for name in (*off, *required) if name not in known]
    if unknown:
        raise Refused(f"There is no prototype “{unknown[0]}” in this model. Choose again.")
    both = [name for name in off if name in required]
    if both:
        raise Refused(f"{both[0]} is switched off and required. Choose one of the two.")
    if set(off) == set(off_now) and set(required) == set(required_now):
        raise Refused("Nothing is changed yet. Switch a prototype off, or require one.")


def check_step(proposal: Proposal, state: ProposalState, actor: Actor) -> None:
    """Refuse a step that may not follow, or that another person has to take.

    Args:
        proposal: as it stands.
        state: where it would stand.
        actor: who takes the step.

    Raises:
        Conflict: it stands elsewhere by now.
        Refused: the proposer may not approve it, because there is somebody else who can.
    """
    if state not in _MAY_FOLLOW[proposal.state]:
        raise Conflict(
            f"This proposal is {proposal.state} by now, so nothing was changed. Look again."
        )
    if state == "approved" and actor == proposal.proposer and not actor.is_alone:
        raise Refused("You proposed this change yourself. Ask a second person to approve it.")
