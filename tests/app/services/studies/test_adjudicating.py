"""Where readers differ, an adjudicator decides once all have read, without names or the AI."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.errors import Forbidden, Refused
from app.domain.studies.reads import Adjudication
from app.domain.studies.study import Study
from app.services.studies import adjudicating, managing
from app.services.workplace import Workplace
from tests.app.services.studies.conftest import People, lock, sign

Opened = Callable[..., Study]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What both databases have to do alike is tested with reading and with the rows."""
    return sqlite_url


def decide(person: Workplace, study: Study, case_id: str, label: str = "finding") -> Adjudication:
    return adjudicating.adjudicate(
        person, study.study_id, case_id, label=label, confidence=4, active_seconds=2.0, text=" x "
    )


def test_only_cases_that_all_have_read_and_differ_on_are_decided(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(arms=("alone",))
    due = lambda: adjudicating.cases_to_decide(people.cho, study.study_id)  # noqa: E731
    lock(people.ann, study, cases[0], label="finding", confidence=2)
    lock(people.ann, study, cases[1], label="none")
    lock(people.ben, study, cases[1], label="none")
    assert due() == ()
    with pytest.raises(Refused, match="waits for no decision"):
        decide(people.cho, study, cases[0])
    lock(people.ben, study, cases[0], label="none", confidence=5)
    (one,) = due()
    assert one.case.case_id == cases[0]
    assert [(o.label, o.confidence) for o in one.opinions] == [("finding", 2), ("none", 5)]
    assert "ann" not in repr(one)
    with pytest.raises(Refused, match="none of the labels"):
        decide(people.cho, study, cases[0], label="other")
    decided = decide(people.cho, study, cases[0])
    assert (decided.adjudicator, decided.label, decided.text) == ("cho", "finding", "x")
    assert due() == ()
    with pytest.raises(Refused, match="decided before"):
        decide(people.cho, study, cases[0], label="none")
    with people.cho.store.read() as tx:
        assert tx.reads.adjudications(study.study_id) == (decided,)
        last = list(tx.audit.entries())[-1]
    assert last.action == "case adjudicated"
    assert last.subject == f"{cases[0]}:0:adjudication:{study.study_id}"


def test_what_the_model_said_is_not_told_by_the_opinions(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(adjudication="always")
    for person in (people.ann, people.ben):
        lock(person, study, cases[0], label="none")
        sign(person, study, cases[0], verdict="accept")
    (one,) = adjudicating.cases_to_decide(people.cho, study.study_id)
    assert {o.label for o in one.opinions} == {"finding"}  # what they said in the end
    assert "accept" not in repr(one)


def test_confidence_that_differs_by_two_is_decided_where_the_rule_says_so(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(arms=("alone",), adjudication="confidence differs")
    for case_id, sure in zip(cases[:2], (4, 3), strict=True):
        lock(people.ann, study, case_id, confidence=5)
        lock(people.ben, study, case_id, confidence=sure)
    (one,) = adjudicating.cases_to_decide(people.cho, study.study_id)
    assert one.case.case_id == cases[1]


def test_only_the_studys_adjudicators_decide_while_it_is_open(
    people: People, opened: Opened, cases: tuple[str, ...]
) -> None:
    study = opened(arms=("alone",), adjudication="always")
    for person in (people.ann, people.ben):
        lock(person, study, cases[0])
    for person in (people.lead, people.ann):
        with pytest.raises(Forbidden):
            adjudicating.cases_to_decide(person, study.study_id)
        with pytest.raises(Forbidden):
            decide(person, study, cases[0])
    managing.close_study(people.lead, study.study_id)
    with pytest.raises(Refused, match="not open"):
        decide(people.cho, study, cases[0])
