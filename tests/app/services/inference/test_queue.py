"""The worker's queue: what goes next, and what is put in order at a start."""

from pathlib import Path

import pytest

from app.domain.cases import Intake
from app.domain.errors import Unavailable
from app.services import batches, originals, review
from app.services.inference import queue, together
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.workplaces import FakePool, png


def test_work_that_a_page_waits_for_is_slipped_in_between_the_files(
    with_images: Workplace, pool: FakePool, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = batches.start_folder(with_images, images)
    queue.run_next(with_images, pool)  # the folder is walked
    mine: list[Intake] = []

    def ask() -> None:
        if not mine:
            mine.append(intake.add(with_images, png(50), name="mine.png"))

    pool.before_predict = ask
    monkeypatch.setattr(together, "LOOK_SECONDS", 0.0)
    queue.run_next(with_images, pool)  # the first file, in the midst of which a page asks
    assert batches.progress(with_images, job.job_id).counts == {"done": 1, "waiting": 2}
    queue.run_next(with_images, pool)
    assert review.open_case(with_images, str(mine[0].case_id)).prediction is not None
    assert batches.progress(with_images, job.job_id).finished == 1
    queue.run_pending(with_images, pool)
    assert batches.progress(with_images, job.job_id).counts == {"done": 3}


def test_a_start_gives_older_predictions_the_probability_of_a_finding(
    workplace: Workplace, pool: FakePool
) -> None:
    for number, level in enumerate((20, 200)):
        intake.add(workplace, png(number, level=level), name=f"{number}.png")
    queue.run_pending(workplace, pool)
    with workplace.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE prediction SET finding_probability = NULL")
    queue.begin(workplace)
    with workplace.store.engine.begin() as connection:
        noted = connection.exec_driver_sql("SELECT finding_probability FROM prediction").scalars()
        assert sorted(noted) == pytest.approx(
            sorted(
                prediction.probabilities["finding"]
                for row in review.list_cases(workplace).rows
                if (prediction := review.open_case(workplace, row.case_id).prediction)
            )
        )


def test_a_step_of_the_start_that_fails_is_left_out_and_one_that_needs_the_store_is_not(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def defective(workplace: Workplace) -> None:
        raise ValueError("a defect")

    def gone(workplace: Workplace) -> None:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(queue, "upkeep", lambda workplace: steps.append("upkeep"))
    monkeypatch.setattr(originals, "tidy", defective)
    queue.begin(workplace)
    assert steps == ["upkeep"]
    monkeypatch.setattr(originals, "tidy", gone)
    with pytest.raises(Unavailable):
        queue.begin(workplace)
    assert steps == ["upkeep"]
