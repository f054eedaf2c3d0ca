"""The face: which objects a revision gives, that others understand them, and that they stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from app.domain.actors import Actor
from app.domain.annotations import MoreSaid
from app.domain.errors import Forbidden, NotFound, Refused
from app.services import explanations
from app.services.deidentify.key import PseudonymKey
from app.services.dicom_out import objects, words
from app.services.dicom_out.files import as_bytes
from app.services.inference import queue
from app.services.studies import blinding
from app.services.uploading import intake
from app.services.workplace import Workplace
from app.settings import Settings
from tests.app.services.dicom_out.reads import (
    KINDS,
    MARKS,
    changed,
    image_file,
    read_of,
    sign,
    taken_in,
)
from tests.app.services.dicom_out.validators import (
    dump,
    errors_of_ours,
    report_text,
    written,
)
from tests.app.services.workplaces import FakePool, by_brightness, dicom, make_workplace, png

ALL = ["report", "presentation", "segmentation", "capture"]


def names(made: objects.MadeObjects) -> list[str]:
    return [one.name for one in made.objects]


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_is_valid_and_understood_by_others(tmp_path: Path, kind: str) -> None:
    makers, not_made = objects._makers(read_of(kind))
    assert [name for name, _ in makers] == [*ALL, *(["parametric-map"] if kind == "ct" else [])]
    assert not_made == ([] if kind == "ct" else [words.NO_FRAME_OF_REFERENCE])
    source = tmp_path / "source.dcm"
    source.write_bytes(image_file(kind))
    for name, make in makers:
        made = make()
        file = written(made, tmp_path, name)
        assert errors_of_ours(file, source) == [], name
        assert made.SOPInstanceUID in dump(file)
    assert "Comprehensive 3D SR Document" in report_text(tmp_path / "report.dcm")


def test_a_signed_case_gives_its_objects_and_says_what_it_could_not_make(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"))
    sign(workplace, case_id)
    made = objects.of_revision(workplace, case_id)
    assert names(made) == ALL and made.revision == 1
    assert made.not_made == (words.NO_FRAME_OF_REFERENCE,)
    assert {one.dataset.StudyInstanceUID for one in made.objects} == {
        str(read_of().source.header.StudyInstanceUID)
    }


def test_the_same_revision_gives_the_same_bytes_and_another_one_others(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("ct"))
    sign(workplace, case_id)
    first, again = (objects.of_revision(workplace, case_id) for _ in range(2))
    assert len(first.objects) == 5
    for one, other in zip(first.objects, again.objects, strict=True):
        assert as_bytes(one.dataset) == as_bytes(other.dataset), one.name
    sign(workplace, case_id)
    second = objects.of_revision(workplace, case_id)
    before = {one.dataset.SOPInstanceUID for one in first.objects}
    assert before.isdisjoint(one.dataset.SOPInstanceUID for one in second.objects)
    old = objects.of_revision(workplace, case_id, revision=1)
    assert {one.dataset.SOPInstanceUID for one in old.objects} == before


def test_a_heatmap_that_came_after_the_signature_changes_nothing(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"))
    sign(workplace, case_id)
    before = [as_bytes(one.dataset) for one in objects.of_revision(workplace, case_id).objects]
    explanations.request(workplace, case_id, node="class:finding", tier="full")
    queue.run_pending(workplace, pool)
    after = objects.of_revision(workplace, case_id)
    assert [as_bytes(one.dataset) for one in after.objects] == before


def test_without_a_heatmap_at_the_signature_there_is_none_to_hand_on(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"), explains=False)
    sign(workplace, case_id)
    made = objects.of_revision(workplace, case_id)
    assert names(made) == ["report", "presentation"]
    assert made.not_made == (words.NO_HEATMAP,)


def test_a_refused_image_has_a_report_without_a_class_of_the_model(
    workplace: Workplace, pool: FakePool, tmp_path: Path
) -> None:
    pool.gate = by_brightness
    data = changed(dicom(1), PixelData=bytes(2 * 16 * 18), WindowCenter=500, WindowWidth=900)
    case_id = taken_in(workplace, pool, data, explains=False)
    sign(workplace, case_id, verdict="rightly refused", corrected_label=None, more=MoreSaid())
    made = objects.of_revision(workplace, case_id)
    assert names(made) == ["report", "presentation"] and made.not_made == (words.REFUSED,)
    text = report_text(written(made.objects[0].dataset, tmp_path, "report"))
    assert "RIGHTLY_REFUSED" in text and "Probability" not in text and "Finding" not in text


def test_of_an_image_without_a_study_nothing_is_made_and_a_sentence_says_why(
    workplace: Workplace, pool: FakePool
) -> None:
    taken = str(intake.add(workplace, png(1), name="a.png").case_id)
    queue.run_pending(workplace, pool)
    sign(workplace, taken, more=MoreSaid())
    with pytest.raises(Refused, match="no DICOM file"):
        objects.of_revision(workplace, taken)


def test_nothing_is_made_of_what_nobody_signed_or_of_no_revision(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"), explains=False)
    with pytest.raises(Refused, match="Nobody has signed"):
        objects.of_revision(workplace, case_id)
    sign(workplace, case_id)
    with pytest.raises(NotFound, match="no such revision"):
        objects.of_revision(workplace, case_id, revision=2)
    with pytest.raises(NotFound):
        objects.of_revision(workplace, case_id, frame=1)


def test_who_may_not_export_or_has_still_to_read_gets_nothing(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"), explains=False)
    sign(workplace, case_id)
    reader = workplace.of(Actor("Ann", "reader", frozenset({"reader"})))
    with pytest.raises(Forbidden, match="export"):
        objects.of_revision(reader, case_id)
    lead = workplace.of(Actor("Ben", "reader", frozenset({"lead"})))
    blinding.set_reads_first(lead, True)
    with pytest.raises(Forbidden, match="Your own read"):
        objects.of_revision(lead, case_id)


def test_objects_of_a_patients_image_name_the_pseudonym_and_nobody_else(
    tmp_path: Path, assets: Path, empty_sqlite: Path, pool: FakePool
) -> None:
    key = PseudonymKey(bytes(range(32)))
    workplace = make_workplace(
        Settings(tmp_path / "data", assets=assets), database=empty_sqlite, pseudonyms=key
    )
    named = {"PatientName": "Garcia^Quetzal", "PatientID": "MRN-778", "AccessionNumber": "ACC-9"}
    data = changed(image_file("dx"), **named, BurnedInAnnotation="NO")
    case_id = taken_in(workplace, pool, data)
    sign(workplace, case_id)
    made = objects.of_revision(workplace, case_id)
    assert names(made) == ALL
    for one in made.objects:
        whole = as_bytes(one.dataset)
        assert not any(text in whole for text in (b"Garcia", b"Quetzal", b"MRN-778", b"ACC-9"))
        assert str(one.dataset.PatientID).startswith("P-")
        assert one.dataset.PatientIdentityRemoved == "YES"
    workplace.close()


def test_no_warning_and_no_line_of_the_log_quotes_a_patients_name(
    workplace: Workplace,
    pool: FakePool,
    caplog: pytest.LogCaptureFixture,
    recwarn: pytest.WarningsRecorder,
) -> None:
    data = changed(image_file("dx"), PatientName="QUETZAL", ReferringPhysicianName="QUETZAL")
    case_id = taken_in(workplace, pool, data)
    sign(workplace, case_id)
    assert str(objects.of_revision(workplace, case_id).objects[0].dataset.PatientName) == "QUETZAL"
    assert "QUETZAL" not in caplog.text
    assert not [one for one in recwarn if "QUETZAL" in str(one.message)]


def test_the_heatmap_of_the_judged_node_is_the_one_that_is_handed_on(
    workplace: Workplace, pool: FakePool
) -> None:
    case_id = taken_in(workplace, pool, image_file("dx"))
    explanations.request(workplace, case_id, node="prototype:p01")
    queue.run_pending(workplace, pool)
    more = MoreSaid(region="agree", judged_map="prototype:p01", marks=MARKS)
    sign(workplace, case_id, more=more)
    made = {one.name: one.dataset for one in objects.of_revision(workplace, case_id).objects}
    segment: Dataset = made["segmentation"].SegmentSequence[0]
    assert segment.SegmentLabel == "Prototype p01"
    assert np.asarray(made["segmentation"].pixel_array).max() == 255
