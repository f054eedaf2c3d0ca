"""The way through the list: next unread, previous, and the rows around a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.cases import ORDERS, CaseFilters
from app.domain.errors import NotFound
from app.services import review
from app.services.inference import queue as work
from app.services.uploading import intake
from app.services.worklist import claims, queue
from app.services.workplace import Workplace
from tests.app.services.worklist.test_claims import reader
from tests.app.services.workplaces import FakePool, png


@pytest.fixture
def cases(workplace: Workplace, pool: FakePool) -> list[str]:
    """Six predicted images, the newest first."""
    added = [intake.add(workplace, png(n, level=40 * n), name=f"{n}.png").case_id for n in range(6)]
    work.run_pending(workplace, pool)
    return [str(case_id) for case_id in reversed(added)]


def sign(workplace: Workplace, case_id: str) -> None:
    review.sign(workplace, case_id, verdict="accept", confidence=4, expected_revision=0)


def test_next_unread_goes_past_what_is_signed_or_somebody_elses(
    workplace: Workplace, cases: list[str]
) -> None:
    anna, berta = reader(workplace, "Anna"), reader(workplace, "Berta")
    sign(workplace, cases[1])
    claims.claim(berta, cases[2])
    claims.claim(anna, cases[3])
    row = queue.next_unread(anna, after=cases[0])
    assert row is not None and (row.case_id, row.is_own) == (cases[3], True)
    assert queue.next_unread(anna) == queue.next_unread(anna, CaseFilters(status="done"))
    # Behind the last one it begins again.
    again = queue.next_unread(anna, after=cases[5])
    assert again is not None and again.case_id == cases[0]


def test_nothing_is_next_when_all_is_read_or_only_the_open_case_is_left(
    workplace: Workplace, cases: list[str]
) -> None:
    waiting = str(intake.add(workplace, png(9), name="waits.png").case_id)
    for case_id in cases[1:]:
        sign(workplace, case_id)
    assert queue.next_unread(workplace, after=cases[0]) is None
    row = queue.next_unread(workplace, after=waiting)
    assert row is not None and row.case_id == cases[0]
    sign(workplace, cases[0])
    assert queue.next_unread(workplace) is None


def test_the_way_back_leads_to_what_was_signed_just_now(
    workplace: Workplace, cases: list[str]
) -> None:
    sign(workplace, cases[0])
    row = queue.previous(workplace, CaseFilters(status="new"), before=cases[1])
    assert row is not None and row.case_id == cases[0]
    assert queue.previous(workplace, before=cases[0]) is None


@pytest.mark.parametrize("order", ORDERS)
def test_a_queue_is_the_list_around_a_case_in_every_order(
    workplace: Workplace, cases: list[str], order: str
) -> None:
    filters = replace(CaseFilters(), order=order)
    rows = review.list_cases(workplace, filters).rows
    for position, row in enumerate(rows):
        around = queue.queue(workplace, filters, around=row.case_id, size=2)
        first = max(0, position - 2)
        assert around.rows == rows[first : position + 3] and around.position == position - first
        assert (around.is_start, around.is_end) == (position <= 2, position >= 3)


def test_a_queue_keeps_the_open_case_that_the_filters_no_longer_leave(
    workplace: Workplace, cases: list[str]
) -> None:
    sign(workplace, cases[2])
    around = queue.queue(workplace, CaseFilters(status="new"), around=cases[2], size=1)
    assert [row.case_id for row in around.rows] == cases[1:4] and around.position == 1
    assert around.rows[1].status == "done" and not (around.is_start or around.is_end)


def test_of_a_deleted_case_there_is_no_way_on(workplace: Workplace, cases: list[str]) -> None:
    review.delete_case(workplace, cases[0])
    for way in (
        lambda: queue.next_unread(workplace, after=cases[0]),
        lambda: queue.previous(workplace, before=cases[0]),
        lambda: queue.queue(workplace, around=cases[0]),
    ):
        with pytest.raises(NotFound):
            way()
