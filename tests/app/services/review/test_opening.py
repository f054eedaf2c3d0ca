"""The sheet of a frame."""

import pytest

from app.domain.cases import CaseFilters
from app.domain.errors import NotFound, Refused
from app.services import review
from app.services.inference import queue
from app.services.uploading import intake
from app.services.workplace import Workplace
from tests.app.services.review.conftest import sign
from tests.app.services.workplaces import (
    CAUTION,
    OUTSIDE,
    FakePool,
    by_brightness,
    dicom,
    png,
)


def test_a_sheet_holds_prediction_prototypes_and_their_sources(
    workplace: Workplace, case_id: str
) -> None:
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.label == "finding"
    assert [row.match.prototype for row in sheet.matches] == ["p01", "p03", "p00", "p02"]
    first = sheet.matches[0].sources[0]
    assert first.number == 0 and first.has_picture and first.has_heatmap
    assert not sheet.jobs and not sheet.problem and sheet.classes == ("none", "finding")


def test_opening_another_frame_asks_for_its_prediction_once(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = str(intake.add(workplace, dicom(1, frames=3), name="a.dcm").case_id)
    queue.run_pending(workplace, pool)
    first = review.open_case(workplace, case_id, frame=2)
    again = review.open_case(workplace, case_id, frame=2)
    assert first.jobs[0].job_id == again.jobs[0].job_id
    queue.run_pending(workplace, pool)
    assert review.open_case(workplace, case_id, frame=2).prediction is not None
    assert len(pool.predicted) == 2
    with pytest.raises(NotFound, match="3 frame"):
        review.open_case(workplace, case_id, frame=3)


def test_a_prediction_outlives_its_model_and_says_that_it_is_gone(
    workplace: Workplace, case_id: str
) -> None:
    from dataclasses import replace

    from app.services.adapters.bundle_registry import Registry

    sheet = review.open_case(replace(workplace, models=Registry(())), case_id)
    assert sheet.prediction is not None and sheet.matches == ()
    assert "is no longer installed" in sheet.problem


def test_the_sheet_of_a_refused_image_names_no_class(workplace: Workplace, refused: str) -> None:
    sheet = review.open_case(workplace, refused)
    assert sheet.is_refused and sheet.offered_class is None and not sheet.problem and not sheet.jobs
    assert sheet.prediction is not None and sheet.prediction.support == OUTSIDE
    assert (sheet.prediction.label, sheet.prediction.probabilities) == (None, {})
    similarities = [row.match.similarity for row in sheet.matches]
    assert similarities == sorted(similarities, reverse=True) and len(similarities) == 4
    assert {row.match.contribution for row in sheet.matches} == {0.0}
    (row,) = review.list_cases(workplace).rows
    assert (row.status, row.label, row.probability) == ("refused", None, None)
    assert review.list_cases(workplace, CaseFilters(label="none")).total == 0


def test_an_image_at_the_edge_is_predicted_with_a_caution(
    workplace: Workplace, pool: FakePool
) -> None:
    pool.gate = by_brightness
    case_id = str(intake.add(workplace, png(1, level=110), name="medium.png").case_id)
    queue.run_pending(workplace, pool)
    sheet = review.open_case(workplace, case_id)
    assert sheet.prediction is not None and sheet.prediction.support == CAUTION
    assert not sheet.is_refused and sheet.offered_class == "finding"
    with pytest.raises(Refused, match="did not refuse"):
        sign(workplace, case_id, 0, verdict="rightly refused")
    sign(workplace, case_id, 0)
    annotation = review.open_case(workplace, case_id).annotation
    assert annotation is not None and (annotation.support, annotation.agrees) == ("caution", True)
    assert review.list_cases(workplace).rows[0].support == "caution"
