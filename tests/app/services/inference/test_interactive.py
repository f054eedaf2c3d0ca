"""A prediction or a heatmap that a page waits for: it ends, or says why it did not."""

import pytest

from app.domain.jobs import MOST_ATTEMPTS
from app.services import explanations, jobs, review
from app.services.inference import queue
from app.services.inference.failures import UNEXPECTED
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.store.jobs import Jobs
from dprotonet.errors import ReadableError
from tests.app.services.inference.faults import fail_while
from tests.app.services.workplaces import FakePool, png


@pytest.mark.parametrize("kind", ["predict", "explain"])
def test_a_job_that_cannot_be_brought_to_its_end_is_given_up_with_the_reason(
    workplace: Workplace, pool: FakePool, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    first = intake.add(workplace, png(1), name="a.png")
    (job,) = review.open_case(workplace, str(first.case_id)).jobs
    if kind == "explain":
        queue.run_pending(workplace, pool)
        asked = explanations.request(workplace, str(first.case_id))
        assert isinstance(asked, type(job))
        job = asked
    tries = fail_while(
        monkeypatch,
        Jobs,
        "finish",
        lambda: jobs.get(workplace, job.job_id).state == "running",
    )
    second = intake.add(workplace, png(2), name="b.png")
    queue.run_pending(workplace, pool)
    after = jobs.get(workplace, job.job_id)
    assert (after.state, after.message) == ("failed", UNEXPECTED)
    assert len(tries) >= MOST_ATTEMPTS
    assert review.open_case(workplace, str(second.case_id)).prediction is not None


def test_the_text_of_an_error_is_kept_as_what_the_database_can_hold(
    workplace: Workplace, pool: FakePool
) -> None:
    taken = intake.add(workplace, png(1), name="a.png")

    def odd() -> None:
        raise ReadableError("“r\udcf6ntgen\x00.png” is damaged. Export it again.")

    pool.before_predict = odd
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, str(taken.case_id))
    assert sheet.problem == "“r%F6ntgen.png” is damaged. Export it again."
