"""Proposals and their steps, on each kind of database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.actors import Actor
from app.domain.errors import Conflict, NotFound
from app.domain.proposals import Cost, Figures, Proposal, ProposalStep
from app.store.sql_store import SqlStore
from tests.app.store.databases import NOW

READER = Actor("Reader One")
COST = Cost(120, Figures(0.91, 0.8, 0.4), Figures(0.9, 0.82, 0.41), changed_calls=7, increase=0.03)


def proposal(number: int = 1) -> Proposal:
    """The proposals of ascending numbers follow each other by a minute."""
    at = NOW + timedelta(minutes=number)
    return Proposal(
        proposal_id=f"e{number}",
        kind="reasons",
        model="a" * 64,
        model_name="toy",
        off=("p01", "p03"),
        required=("p00",),
        tolerance=0.02,
        cost=COST,
        reason="Zwei sind Marker.",
        steps=(ProposalStep(1, "proposed", READER, at),),
    )


def test_a_proposal_comes_back_as_it_was_added(store: SqlStore) -> None:
    with store.write() as tx:
        tx.proposals.add(proposal())
    with store.read() as tx:
        assert tx.proposals.get("e1") == proposal()


def test_a_learned_proposal_has_no_choice_and_may_have_no_figures(store: SqlStore) -> None:
    learned = replace(
        proposal(), kind="learned", off=(), required=(), tolerance=None, cost=None, reason=""
    )
    with store.write() as tx:
        tx.proposals.add(learned)
    with store.read() as tx:
        assert tx.proposals.get("e1") == learned


def test_every_step_is_a_row_and_the_last_one_says_where_it_stands(store: SqlStore) -> None:
    steps = (
        ProposalStep(2, "approved", Actor("Reader Two", "reader"), NOW, "agreed", "b" * 64),
        ProposalStep(3, "active", Actor("Reader Two", "reader"), NOW),
    )
    with store.write() as tx:
        tx.proposals.add(proposal())
        for step in steps:
            tx.proposals.add_step("e1", step)
    with store.read() as tx:
        stored = tx.proposals.get("e1")
    assert stored.steps[1:] == steps
    assert (stored.state, stored.version) == ("active", "b" * 64)


def test_of_two_who_decide_at_once_the_second_changes_nothing(store: SqlStore) -> None:
    with store.write() as tx:
        tx.proposals.add(proposal())
        tx.proposals.add_step("e1", ProposalStep(2, "rejected", READER, NOW))
    with pytest.raises(Conflict, match="just now"), store.write() as tx:
        tx.proposals.add_step("e1", ProposalStep(2, "approved", READER, NOW))
    with store.read() as tx:
        assert tx.proposals.get("e1").state == "rejected"


def test_the_newest_proposals_come_first(store: SqlStore) -> None:
    with store.write() as tx:
        for number in (1, 3, 2):
            tx.proposals.add(proposal(number))
    with store.read() as tx:
        assert [p.proposal_id for p in tx.proposals.newest(limit=2)] == ["e3", "e2"]


def test_a_proposal_that_is_not_there_is_not_found(store: SqlStore) -> None:
    with store.read() as tx, pytest.raises(NotFound):
        tx.proposals.get("e9")
