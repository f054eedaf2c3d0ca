"""The rules of a proposed change of a model."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.actors import Actor
from app.domain.errors import Conflict, Refused
from app.domain.proposals import (
    PROPOSAL_STATES,
    Proposal,
    ProposalState,
    ProposalStep,
    check_choice,
    check_reason,
    check_step,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALONE = Actor("Reader One")
FIRST, SECOND = Actor("Reader One", "reader"), Actor("Reader Two", "reader")


def proposal(*states: ProposalState, by: Actor = ALONE) -> Proposal:
    """Went through these states, each by the same person."""
    steps = [ProposalStep(n, state, by, NOW) for n, state in enumerate(states, start=1)]
    return Proposal("p1", "reasons", "m" * 64, "toy", ("p01",), (), 0.02, None, "", tuple(steps))


def test_a_proposal_stands_where_its_last_step_put_it() -> None:
    assert proposal("proposed").state == "proposed"
    assert proposal("proposed", "approved", "active", "undone").state == "undone"


def test_a_proposal_begins_with_being_proposed() -> None:
    with pytest.raises(ValueError, match="first step"):
        proposal()
    with pytest.raises(ValueError, match="first step"):
        proposal("approved")


@pytest.mark.parametrize(
    ("stands", "allowed"),
    [
        (("proposed",), {"approved", "rejected"}),
        (("proposed", "rejected"), set()),
        (("proposed", "approved"), {"active"}),
        (("proposed", "approved", "active"), {"undone"}),
        (("proposed", "approved", "active", "undone"), {"active"}),
    ],
)
def test_each_step_follows_only_where_it_makes_sense(
    stands: tuple[ProposalState, ...], allowed: set[str]
) -> None:
    for state in PROPOSAL_STATES:
        if state in allowed:
            check_step(proposal(*stands), state, ALONE)
        else:
            with pytest.raises(Conflict, match=f"is {stands[-1]} by now"):
                check_step(proposal(*stands), state, ALONE)


def test_where_there_are_several_readers_a_second_one_approves() -> None:
    proposed = proposal("proposed", by=FIRST)
    with pytest.raises(Refused, match="Ask a second person"):
        check_step(proposed, "approved", FIRST)
    check_step(proposed, "approved", SECOND)
    check_step(proposed, "rejected", FIRST)


def test_the_only_reader_may_approve_and_the_proposal_says_so() -> None:
    check_step(proposal("proposed"), "approved", ALONE)
    own = proposal("proposed", "approved")
    assert own.approver == ALONE and own.is_approved_by_the_proposer
    assert not proposal("proposed").is_approved_by_the_proposer
    step = ProposalStep(2, "approved", SECOND, NOW)
    other = replace(own, steps=(proposal("proposed", by=FIRST).steps[0], step))
    assert other.approver == SECOND and not other.is_approved_by_the_proposer


def test_the_version_is_that_of_the_step_that_wrote_it() -> None:
    steps = proposal("proposed", "approved", "active").steps
    written = replace(steps[1], version="v" * 64)
    assert proposal("proposed").version is None
    change = replace(proposal("proposed"), steps=(steps[0], written, steps[2]))
    assert change.version == "v" * 64


@pytest.mark.parametrize(
    ("off", "required", "said"),
    [
        ((), (), "Nothing is changed yet"),
        (("p01",), ("p01",), "p01 is switched off and required"),
        (("p09",), (), "no prototype “p09”"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused_in_words(
    off: tuple[str, ...], required: tuple[str, ...], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        check_choice(off=off, required=required, known=("p00", "p01"))


def test_a_choice_may_switch_off_and_require_or_switch_on_again() -> None:
    check_choice(off=("p00",), required=("p01",), known=("p00", "p01"))
    check_choice(off=(), required=(), known=("p00", "p01"), off_now=("p00",))
    with pytest.raises(Refused, match="Nothing is changed yet"):
        check_choice(off=("p00",), required=(), known=("p00", "p01"), off_now=("p00",))


def test_a_reason_is_kept_without_blanks_and_has_an_end() -> None:
    assert check_reason("  a marker \n") == "a marker"
    with pytest.raises(Refused, match="2001 characters"):
        check_reason("x" * 2001)
