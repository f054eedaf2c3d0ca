"""Tries go before everything else, and a heatmap goes on after them."""

from collections.abc import Callable
from typing import Any

import pytest

from app.domain.errors import Unavailable
from app.domain.interventions.tries import Try
from app.services import explanations, models, review
from app.services.inference import frames, queue, tries
from app.services.inference.failures import UNEXPECTED
from app.services.interventions import asking
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.interventions.tries import Tries
from dprotonet.errors import WrongRequest
from dprotonet.explain.explanation import Explanation
from tests.app.services.inference.faults import fail_while
from tests.app.services.interventions.test_asking import HIDDEN
from tests.app.services.workplaces import FakePool, png


@pytest.fixture
def case(workplace: Workplace, pool: FakePool) -> str:
    case_id = str(intake.add(workplace, png(1, level=200), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    return case_id


def test_a_try_goes_before_what_waited_longer(
    workplace: Workplace, pool: FakePool, case: str
) -> None:
    other = str(intake.add(workplace, png(2), name="b.png").case_id)
    explanations.request(workplace, case, node="class")
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    assert queue.run_next(workplace, pool)
    assert asking.result(workplace, one.try_id).state == "done"
    assert review.open_case(workplace, other).prediction is None and pool.explained == []


def test_a_heatmap_under_way_lets_a_try_through_and_goes_on(
    workplace: Workplace, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Try] = []

    class Meanwhile(FakePool):
        """Somebody tries something in the midst of the first heatmap."""

        def explain(self, *what: Any, cancelled: Callable[[], bool], **how: Any) -> Explanation:
            asked.append(asking.request(workplace, case, frame=0, change=HIDDEN))
            made = super().explain(*what, cancelled=cancelled, **how)
            asked.append(asking.result(workplace, asked[0].try_id))
            return made

    monkeypatch.setattr(frames, "LOOK_SECONDS", 0.0)
    explanations.request(workplace, case, node="class")
    meanwhile = Meanwhile()
    assert queue.run_next(workplace, meanwhile)
    assert [one.state for one in asked] == ["waiting", "done"]
    assert len(meanwhile.explained) == 1 and review.open_case(workplace, case).maps


@pytest.mark.parametrize(
    "error, message",
    [
        (WrongRequest("The region is too small."), "The region is too small."),
        (KeyError(), UNEXPECTED),
    ],
)
def test_a_try_that_fails_says_why(
    workplace: Workplace, pool: FakePool, case: str, error: Exception, message: str
) -> None:
    def fail() -> None:
        raise error

    pool.before_intervene = fail
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    queue.run_pending(workplace, pool)
    after = asking.result(workplace, one.try_id)
    assert (after.state, after.message) == ("failed", message)
    pool.before_intervene = lambda: None
    again = asking.request(workplace, case, frame=0, change=HIDDEN)
    queue.run_pending(workplace, pool)
    assert asking.result(workplace, again.try_id).state == "done"


def test_a_try_that_cannot_be_brought_to_its_end_is_given_up(
    workplace: Workplace, pool: FakePool, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    fail_while(
        monkeypatch,
        Tries,
        "finish",
        lambda: asking.result(workplace, one.try_id).state == "running",
    )
    queue.run_pending(workplace, pool)
    assert asking.result(workplace, one.try_id).message == UNEXPECTED


def test_a_store_that_is_away_fails_no_try(workplace: Workplace, pool: FakePool, case: str) -> None:
    def away() -> None:
        raise Unavailable("The database cannot be reached.")

    pool.before_intervene = away
    one = asking.request(workplace, case, frame=0, change=HIDDEN)
    tries.run_next(workplace, pool)
    assert asking.result(workplace, one.try_id).state == "waiting"
    pool.before_intervene = lambda: None
    tries.run_waiting(workplace, pool)
    assert asking.result(workplace, one.try_id).state == "done"


def test_a_model_that_is_not_trusted_any_more_answers_nothing(
    workplace: Workplace, pool: FakePool, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = asking.request(workplace, case, frame=0, change=HIDDEN)

    def distrusted(workplace: Workplace, digest: str) -> None:
        raise WrongRequest("This model is not trusted.")

    monkeypatch.setattr(models, "approved", distrusted)
    queue.run_pending(workplace, pool)
    assert asking.result(workplace, one.try_id).message == "This model is not trusted."
    assert pool.intervened == []
