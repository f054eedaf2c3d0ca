"""A case that goes takes all with it that nobody else needs."""

import pytest

from app.domain.annotations import PrototypeJudgement
from app.domain.errors import NotFound
from app.services import explanations, review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.review.conftest import sign
from tests.app.services.workplaces import (
    FakePool,
    png,
)


def test_a_deleted_case_is_gone_from_rows_blobs_results_and_jobs(
    workplace: Workplace, pool: FakePool, case_id: str
) -> None:
    explanations.request(workplace, case_id, node="class")
    queue.run_pending(workplace, pool)
    explanations.request(workplace, case_id, node="prototype:p01")
    sign(workplace, case_id, 0, prototype_judgements={"p00": PrototypeJudgement(similar=True)})
    assert len(list(workplace.blobs.all_keys())) == 4
    review.delete_case(workplace, case_id)
    assert not list(workplace.blobs.all_keys())
    with pytest.raises(NotFound, match="no longer exists"):
        review.open_case(workplace, case_id)
    from sqlalchemy import text

    with workplace.store.engine.connect() as connection:
        for table in ("case", "prediction", "explanation", "annotation", "job"):
            assert connection.scalar(text(f'SELECT count(*) FROM "{table}"')) == 0
        assert connection.scalar(text("SELECT count(*) FROM prototype_judgement")) == 0


def test_a_heatmap_shared_by_two_cases_outlives_one_of_them(
    workplace: Workplace, pool: FakePool
) -> None:
    # The fake pool draws the same map for both, so both rows name one blob.
    ids = [str(intake.add(workplace, png(n), name=f"{n}.png").case_id) for n in (1, 2)]
    queue.run_pending(workplace, pool)
    for case_id in ids:
        explanations.request(workplace, case_id)
    queue.run_pending(workplace, pool)
    # Two images, their thumbnails, a draft, the usual map.
    assert len(list(workplace.blobs.all_keys())) == 6
    review.delete_case(workplace, ids[0])
    assert len(list(workplace.blobs.all_keys())) == 4
    (saved,) = review.open_case(workplace, ids[1]).explanations
    assert workplace.blobs.exists(saved.heatmap_key)
