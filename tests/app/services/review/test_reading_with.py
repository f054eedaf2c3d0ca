"""What a case is read with, and how it is asked for again."""

from pathlib import Path

import pytest

from app.domain.cases import CaseFilters
from app.domain.errors import NotFound, Refused
from app.services import jobs, models, review
from app.services.inference import queue
from app.services.inference.failures import UNEXPECTED
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import (
    FakePool,
    png,
)


def test_another_model_for_a_case_gets_its_own_prediction(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    phantom = workplace.models.find("chest-phantom")
    assert phantom is not None
    review.set_case_model(workplace, case_id, phantom.digest)
    assert review.open_case(workplace, case_id).prediction is None
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.model_name == "chest-phantom" and sheet.prediction.bundle == phantom.digest
    with pytest.raises(NotFound, match="Choose another"):
        review.set_case_model(workplace, case_id, "0" * 64)


def test_a_failed_prediction_says_why_and_can_be_asked_for_again(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = str(intake.add(workplace, png(1), name="a.png").case_id)

    def fail() -> None:
        raise RuntimeError("secret detail of Miller^Anna")

    pool.before_predict = fail
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.problem == UNEXPECTED and not sheet.jobs
    assert review.list_cases(workplace, CaseFilters(status="failed")).total == 1
    pool.before_predict = lambda: None
    review.retry_prediction(workplace, case_id)
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, case_id).prediction is not None


def test_a_case_that_came_before_any_model_gets_the_first_one_there_is(
    workplace: Workplace, pool: FakePool, assets: Path
) -> None:
    from dataclasses import replace

    from app.services.adapters.bundle_registry import Registry

    bare = replace(workplace, models=Registry(()))
    case_id = str(intake.add(bare, png(1), name="a.png").case_id)
    problem = review.open_case(bare, case_id).problem
    assert "models add" in problem
    with pytest.raises(Refused, match=problem):
        review.retry_prediction(bare, case_id)
    assert review.open_case(workplace, case_id).jobs[0].kind == "predict"
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, case_id).model == models.active(workplace).digest


def test_a_cancelled_waiting_job_is_never_done(workplace: Workplace, pool: FakePool) -> None:
    taken = intake.add(workplace, png(1), name="a.png")
    (job,) = review.open_case(workplace, str(taken.case_id)).jobs
    assert jobs.cancel(workplace, job.job_id).state == "cancelled"
    assert queue.run_pending(workplace, pool) == 0 and not pool.predicted
