"""What is read of a revision: what the reader saw, and nothing that came later."""

from __future__ import annotations

from app.domain.annotations import MoreSaid
from app.domain.dicom.site import DicomSite
from app.services import models, review
from app.services.dicom_out.signed import signed_read
from app.services.inference import queue
from app.services.workplace import Workplace
from tests.app.services.dicom_out.reads import MARKS, image_file, read_of, sign, taken_in
from tests.app.services.workplaces import FakePool, active_model


def test_it_is_what_the_reader_judged(workplace: Workplace, pool: FakePool) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"))
    sign(workplace, case_id)
    read = signed_read(workplace, case_id, frame=0, revision=None)
    prediction = review.open_case(workplace, case_id).prediction
    assert prediction is not None and prediction.label is not None
    assert read.probabilities == {prediction.label: prediction.probability}
    assert read.heatmap is not None and read.heatmap.values.shape == read.image.shape
    assert (read.heatmap.values.min(), read.heatmap.values.max()) == (0.0, 1.0)
    assert read.heatmap.node == "class:finding" and not read.replaces
    sign(workplace, case_id)
    assert signed_read(workplace, case_id, frame=0, revision=None).replaces
    assert not signed_read(workplace, case_id, frame=0, revision=1).replaces


def test_what_was_read_with_one_model_stays_when_the_case_gets_another(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"))
    sign(workplace, case_id)
    before = signed_read(workplace, case_id, frame=0, revision=1)
    first = active_model(workplace).digest
    other = next(one.digest for one in models.all(workplace) if one.digest != first)
    review.set_case_model(workplace, case_id, other)
    queue.run_pending(workplace, pool)
    after = signed_read(workplace, case_id, frame=0, revision=1)
    assert after.probabilities == before.probabilities and after.revision.model == first
    assert after.heatmap is not None and before.heatmap is not None
    assert after.heatmap.key == before.heatmap.key


def test_the_map_that_came_with_the_prediction_is_taken_where_there_is_no_other(
    workplace: Workplace, pool: FakePool, readers: None
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"), explains=False)
    sign(workplace, case_id, more=MoreSaid(region="agree", judged_map="prototype:p01@reader"))
    read = signed_read(workplace, case_id, frame=0, revision=1)
    assert read.heatmap is not None and read.heatmap.title == "Prototype p01"
    sign(workplace, case_id, more=MoreSaid())
    leading = signed_read(workplace, case_id, frame=0, revision=2).heatmap
    assert leading is not None and leading.node == "class:finding"
    assert leading.key != read.heatmap.key


def test_what_speaks_for_normal_has_colours_of_its_own(
    workplace: Workplace, pool: FakePool, readers: None
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"), explains=False)
    sign(workplace, case_id, more=MoreSaid(region="agree", judged_map="class:none@reader"))
    read = signed_read(workplace, case_id, frame=0, revision=1)
    assert read.heatmap is not None and read.heatmap.colours == "viridis"


def test_the_readers_label_is_the_corrected_one_or_the_accepted_one() -> None:
    assert read_of().readers_label == "device"
    assert read_of(verdict="accept", corrected_label=None).readers_label == "pneumonia"
    assert read_of(verdict="reject", corrected_label=None).readers_label is None


def test_a_region_that_was_hidden_to_try_the_model_is_no_mark() -> None:
    assert len(read_of().marks) == len(MARKS) - 1


def test_only_whom_the_site_names_verifies() -> None:
    site = DicomSite("St. Example", {"Reader One": "One^Reader"})
    assert read_of(site=site).verifier == "One^Reader"
    assert read_of(site=site, reader="Reader Two").verifier == "" == read_of().verifier
