"""Proposed changes of models: asked, proposed, decided on, undone.

A proposal changes nothing. Approving it writes a bundle of its own beside the others and makes that
the active one; the parent stays as it is, so that undoing is to activate the parent again.
"""

from __future__ import annotations

from app.domain.errors import Refused
from app.domain.permissions import needs
from app.domain.proposals import (
    EditAnswer,
    Proposal,
    ProposalState,
    ProposalStep,
    check_choice,
    check_reason,
    check_step,
)
from app.services import jobs, models
from app.services.adapters import last_layer
from app.services.audit.recording import record_step
from app.services.editing import versions
from app.services.workplace import Workplace
from app.store.sql_store import Transaction

TOLERANCE = 0.1
"""Fraction by which the loss on the training images may rise where nothing else is chosen."""


@needs("propose changes")
def ask(
    workplace: Workplace,
    model: str,
    *,
    off: tuple[str, ...],
    required: tuple[str, ...] = (),
    tolerance: float = TOLERANCE,
) -> EditAnswer:
    """Can this be done within the tolerance, and what does it cost? Nothing is kept or changed.

    Raises:
        NotFound: there is no such model.
        Refused: the model keeps nothing to fit its last layer on, or the choice says nothing.
    """
    bundle = workplace.models.bundle(model)
    if not bundle.has_responses:
        raise Refused(versions.NOT_EDITABLE)
    check_choice(
        off=off,
        required=required,
        known=bundle.prototype_ids,
        off_now=bundle.off,
        required_now=versions.required_in(bundle),
    )
    return last_layer.answer(bundle, off=off, required=required, tolerance=tolerance)


@needs("propose changes")
def propose(
    workplace: Workplace,
    model: str,
    *,
    off: tuple[str, ...],
    required: tuple[str, ...] = (),
    tolerance: float = TOLERANCE,
    reason: str = "",
) -> Proposal:
    """Keep a change for somebody to decide on, with what it costs.

    Raises:
        As :func:`ask`.
        Refused: also where it cannot be done within the tolerance; the sentence says by how much.
    """
    kept = check_reason(reason)
    answer = ask(workplace, model, off=off, required=required, tolerance=tolerance)
    if not answer.is_possible:
        raise Refused(answer.explanation)
    proposal = Proposal(
        proposal_id=jobs.new_id(),
        kind="reasons",
        model=model,
        model_name=workplace.models.get(model).name,
        off=off,
        required=required,
        tolerance=tolerance,
        cost=answer.cost,
        reason=kept,
        steps=(ProposalStep(1, "proposed", workplace.actor, workplace.clock()),),
    )
    with workplace.store.write() as tx:
        tx.proposals.add(proposal)
        record_step(workplace, tx, proposal)
    return proposal


@needs("change models")
def approve(workplace: Workplace, proposal_id: str, *, note: str = "") -> Proposal:
    """Write the proposed version beside the others, and read new uploads with it.

    Raises:
        Conflict: somebody decided on it in between.
        Refused: another person than the proposer has to approve it.
        NotFound: the model that it changes is no longer there.
    """
    with workplace.store.write() as tx:
        proposal = tx.proposals.get(proposal_id, lock=True)
        check_step(proposal, "approved", workplace.actor)
        version = versions.write(workplace, proposal)
        proposal = _add(workplace, tx, proposal, "approved", note=note, version=version)
        return _activate(workplace, tx, proposal)


@needs("change models")
def reject(workplace: Workplace, proposal_id: str, *, note: str = "") -> Proposal:
    """Decide against a proposal; its row stays.

    Raises:
        Conflict: somebody decided on it in between.
    """
    with workplace.store.write() as tx:
        proposal = tx.proposals.get(proposal_id, lock=True)
        check_step(proposal, "rejected", workplace.actor)
        return _add(workplace, tx, proposal, "rejected", note=note)


@needs("change models")
def undo(workplace: Workplace, proposal_id: str) -> Proposal:
    """Read new uploads with the parent again; the version stays among the models.

    Raises:
        Conflict: it was undone already.
        Refused: another model was made active since, so there is nothing to undo.
        NotFound: the parent is no longer there.
    """
    with workplace.store.write() as tx:
        proposal = tx.proposals.get(proposal_id, lock=True)
        check_step(proposal, "undone", workplace.actor)
        if tx.setting(models.ACTIVE) != proposal.version:
            raise Refused(
                "Another model was made active since, so there is nothing to undo. "
                "Choose the model you want and set it active."
            )
        parent = models.approved(workplace, proposal.model)
        tx.set_setting(models.ACTIVE, parent.digest)
        return _add(workplace, tx, proposal, "undone")


@needs("change models")
def activate_again(workplace: Workplace, proposal_id: str) -> Proposal:
    """Read new uploads with a version that was undone.

    Raises:
        Conflict: it is active already.
        NotFound: the version is no longer there.
    """
    with workplace.store.write() as tx:
        proposal = tx.proposals.get(proposal_id, lock=True)
        return _activate(workplace, tx, proposal)


@needs("see cases")
def newest(workplace: Workplace, *, limit: int = 50) -> tuple[Proposal, ...]:
    """The proposals there are, newest first."""
    with workplace.store.read() as tx:
        return tx.proposals.newest(limit=limit)


def _activate(workplace: Workplace, tx: Transaction, proposal: Proposal) -> Proposal:
    check_step(proposal, "active", workplace.actor)
    version = workplace.models.get(proposal.version or "")
    models.approved(workplace, proposal.model)  # which vouches for what is made of it
    tx.set_setting(models.ACTIVE, version.digest)
    return _add(workplace, tx, proposal, "active")


def _add(
    workplace: Workplace,
    tx: Transaction,
    proposal: Proposal,
    state: ProposalState,
    *,
    note: str = "",
    version: str | None = None,
) -> Proposal:
    step = ProposalStep(
        number=len(proposal.steps) + 1,
        state=state,
        actor=workplace.actor,
        at=workplace.clock(),
        note=check_reason(note),
        version=version,
    )
    tx.proposals.add_step(proposal.proposal_id, step)
    changed = tx.proposals.get(proposal.proposal_id)
    record_step(workplace, tx, changed)
    return changed
