"""A heatmap is made again after it is shown, behind everything that somebody waits for."""

import threading
import time
from dataclasses import replace

import pytest

from app.domain.explanations import SavedExplanation
from app.domain.jobs import Job
from app.services import explanations, jobs, review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from dprotonet.errors import UnusableBundle
from dprotonet.explain.settings import TIERS
from tests.app.services.room.pools import FullPool
from tests.app.services.workplaces import FakePool, png


@pytest.fixture
def case_id(workplace: Workplace, pool: FakePool) -> str:
    taken = intake.add(workplace, png(1, level=200), name="a.png")
    queue.run_pending(workplace, pool)
    return str(taken.case_id)


def waiting(workplace: Workplace, case_id: str) -> list[Job]:
    """The jobs of its page that are not over."""
    return list(review.open_case(workplace, case_id).jobs)


def overlaps(workplace: Workplace, case_id: str) -> dict[str, float | None]:
    """Of each heatmap on offer, by its tier."""
    return {
        one.saved.tier: one.saved.agreement.overlap if one.saved.agreement else None
        for one in review.open_case(workplace, case_id).maps
    }


def test_what_was_asked_for_is_over_before_it_is_made_again(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    asked = explanations.request(workplace, case_id)
    assert isinstance(asked, Job)
    queue.run_next(workplace, pool)
    assert [job.kind for job in waiting(workplace, case_id)] == ["explain"], "no first one is"
    queue.run_next(workplace, pool)
    assert jobs.get(workplace, asked.job_id).state == "done" and not pool.made_again
    (again,) = waiting(workplace, case_id)
    assert (again.kind, again.tier) == ("agree", "standard")
    queue.run_pending(workplace, pool)
    assert overlaps(workplace, case_id) == {"standard": 0.72, "draft": None}
    assert pool.made_again == [("class:finding", "standard")] and not waiting(workplace, case_id)


def test_where_the_first_one_keeps_its_place_it_is_made_again_too(
    workplace: Workplace, case_id: str
) -> None:
    pool = FullPool()
    pool.measured["draft"] = {"insertion_auc": 0.7}
    explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    assert {tier for _, tier in pool.made_again} == {"draft", "standard"}
    assert set(overlaps(workplace, case_id).values()) == {0.72}


def test_it_gives_way_to_any_heatmap_that_is_asked_for(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id)
    queue.run_next(workplace, pool)
    queue.run_next(workplace, pool)
    (again,) = waiting(workplace, case_id)
    pool.steps, pool.step_seconds = 2000, 0.01
    worker = threading.Thread(target=queue.run_next, args=(workplace, pool))
    worker.start()
    while jobs.get(workplace, again.job_id).progress == 0:
        time.sleep(0.02)
    explanations.request(workplace, case_id, tier="full")  # which has something to show already
    worker.join(10)
    put_back = jobs.get(workplace, again.job_id)
    assert (put_back.state, put_back.attempts) == ("waiting", 0) and not worker.is_alive()
    pool.steps = 1
    queue.run_pending(workplace, pool)
    assert pool.tiers == ["draft", "standard", "full"]
    assert {tier for _, tier in pool.made_again} == {"standard", "full"}


def test_what_was_measured_is_not_measured_again_and_other_settings_are_not_made_again(
    workplace: Workplace, pool: FakePool, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    saved = explanations.request(workplace, case_id)
    assert isinstance(saved, SavedExplanation) and not waiting(workplace, case_id)
    explanations.request(workplace, case_id, node="class:none")
    for _ in range(2):
        queue.run_next(workplace, pool)
    monkeypatch.setitem(TIERS, "standard", replace(TIERS["standard"], batch=3))
    queue.run_pending(workplace, pool)
    assert len(pool.made_again) == 1 and not waiting(workplace, case_id)


def test_one_that_cannot_be_made_again_stays_as_it_is(
    workplace: Workplace, pool: FakePool, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **named: object) -> object:
        raise UnusableBundle("The head was altered. Add the model again.")

    explanations.request(workplace, case_id)
    monkeypatch.setattr(pool, "agree", refuse)
    queue.run_pending(workplace, pool)
    assert overlaps(workplace, case_id) == {"standard": None, "draft": None}
    assert not waiting(workplace, case_id)
