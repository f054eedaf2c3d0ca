"""Claims: others see who works on a case and go past it; nobody is kept from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.actors import Actor
from app.domain.errors import Conflict, NotFound
from app.domain.worklist.claims import LEASE
from app.services import review
from app.services.inference import queue as work
from app.services.uploading import intake
from app.services.worklist import claims, queue
from app.services.workplace import Workplace
from tests.app.services.workplaces import START, FakePool, png

HOUR = timedelta(hours=1)


def reader(workplace: Workplace, name: str, *, at: timedelta = HOUR) -> Workplace:
    """Somebody else, at a time of day."""
    actor = Actor(name, "reader", frozenset({"reader"}))
    return replace(workplace.of(actor), clock=lambda: START + at)


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    case_id = intake.add(workplace, png(1, level=200), name="a.png").case_id
    work.run_pending(workplace, pool)
    return str(case_id)


def test_others_see_who_works_on_a_case_and_can_read_it_all_the_same(
    workplace: Workplace, case_id: str
) -> None:
    anna, berta = reader(workplace, "Anna"), reader(workplace, "Berta")
    claim = claims.claim(anna, case_id)
    assert claim is not None and (claim.reader, claim.expires_at) == ("Anna", anna.clock() + LEASE)
    assert claims.claim(berta, case_id) == claim and claims.renew(berta, case_id) is None
    (row,) = review.list_cases(berta).rows
    assert (row.status, row.held_by, row.is_own) == ("in progress", "Anna", False)
    assert review.list_cases(anna).rows[0].is_own
    review.sign(berta, case_id, verdict="accept", confidence=4, expected_revision=0)
    with pytest.raises(Conflict):
        review.sign(anna, case_id, verdict="accept", confidence=4, expected_revision=0)
    assert review.list_cases(berta).counts == {"done": 1}


def test_a_claim_runs_out_by_itself_and_is_prolonged_by_work(
    workplace: Workplace, case_id: str
) -> None:
    claims.claim(reader(workplace, "Anna"), case_id)
    later = HOUR + LEASE - timedelta(minutes=1)
    assert claims.renew(reader(workplace, "Anna", at=later), case_id) is not None
    berta = reader(workplace, "Berta", at=HOUR + LEASE)
    assert queue.next_unread(berta) is None and review.list_cases(berta).counts["in progress"] == 1
    berta = reader(workplace, "Berta", at=later + LEASE)
    assert queue.next_unread(berta) is not None and review.list_cases(berta).counts == {"new": 1}
    claim = claims.claim(berta, case_id)
    assert claim is not None and claim.reader == "Berta"
    # Whose machine slept meanwhile has lost it.
    assert claims.renew(reader(workplace, "Anna", at=later + LEASE), case_id) is None


def test_a_claim_ends_with_the_signature_or_when_its_reader_leaves(
    workplace: Workplace, case_id: str
) -> None:
    anna, berta = reader(workplace, "Anna"), reader(workplace, "Berta")
    claims.claim(anna, case_id)
    claims.release(berta, case_id)  # of another's nothing happens
    assert review.list_cases(anna).rows[0].held_by == "Anna"
    claims.release(anna, case_id)
    assert review.list_cases(anna).rows[0].held_by is None
    claims.claim(anna, case_id)
    review.sign(anna, case_id, verdict="accept", confidence=4, expected_revision=0)
    assert claims.renew(anna, case_id) is None
    (row,) = review.list_cases(anna).rows
    assert (row.status, row.held_by) == ("done", None)


def test_of_a_deleted_case_there_is_no_claim(workplace: Workplace, case_id: str) -> None:
    claims.claim(workplace, case_id)
    review.delete_case(workplace, case_id)
    assert claims.renew(workplace, case_id) is None
    with pytest.raises(NotFound):
        claims.claim(workplace, case_id)


def test_claims_that_ran_out_long_ago_leave_no_rows(workplace: Workplace, case_id: str) -> None:
    claims.claim(reader(workplace, "Anna"), case_id)
    with workplace.store.write() as tx:
        assert tx.claims.forget_expired(START + HOUR + LEASE) == 0
        assert tx.claims.forget_expired(START + HOUR + 2 * LEASE) == 1
