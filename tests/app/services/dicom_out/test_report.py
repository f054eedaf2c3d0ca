"""The report as a whole: flags, observers, what it belongs to."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from app.domain.dicom.site import DicomSite
from app.services.dicom_out.report import report
from tests.app.services.dicom_out.reads import changed, image_file, read_of
from tests.app.services.dicom_out.validators import errors_of_ours, report_text, written

SITE = DicomSite("St. Example", {"Reader One": "One^Reader"})


def test_it_is_complete_and_nobody_answers_for_it_unless_the_site_says_who() -> None:
    made = report(read_of())
    flags = made.CompletionFlag, made.VerificationFlag, made.PreliminaryFlag
    assert flags == ("COMPLETE", "UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in made and "InstitutionName" not in made


def test_a_reader_whom_the_site_names_verifies(tmp_path: Path) -> None:
    made = report(read_of(site=SITE))
    assert (made.VerificationFlag, made.PreliminaryFlag) == ("VERIFIED", "FINAL")
    (item,) = made.VerifyingObserverSequence
    assert (item.VerifyingObserverName, item.VerifyingOrganization) == ("One^Reader", "St. Example")
    assert str(item.VerificationDateTime).startswith("20260301120000+0000")
    source = tmp_path / "source.dcm"
    source.write_bytes(image_file("dx"))
    assert errors_of_ours(written(made, tmp_path, "report"), source) == []


def test_a_later_revision_names_the_report_that_it_takes_the_place_of() -> None:
    first, second = report(read_of()), report(read_of(revision=2, replaces=True))
    (before,) = second.PredecessorDocumentsSequence
    item = before.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert item.ReferencedSOPInstanceUID == first.SOPInstanceUID != second.SOPInstanceUID
    assert before.ReferencedSeriesSequence[0].SeriesInstanceUID == first.SeriesInstanceUID
    assert "PredecessorDocumentsSequence" not in first


def test_it_says_what_the_model_said_and_what_the_reader_said(tmp_path: Path) -> None:
    text = report_text(written(report(read_of()), tmp_path, "report"))
    for part in (
        "(126000,DCM,",
        "(111028,DCM,",
        "(123110,DCM,",
        '(122157,DCM,"Probability")="0.83"',
        '(121071,DCM,"Finding")=(233604007,SCT,"Pneumonia")',
        "(SUPPLEMENTED,99DPROTONET,",
        "(REASON_PARTLY,99DPROTONET,",
        "Läsion links, 漢字",
        '(121008,DCM,"Person Observer Name")="Reader One^"',
        "=(POLYLINE,",
        "=(ELLIPSE,",
        "=(POINT,",
    ):
        assert part in text


def test_evidence_is_the_image_itself_with_its_own_kind() -> None:
    read = read_of("frames")
    made = report(read)
    (study,) = made.CurrentRequestedProcedureEvidenceSequence
    item = study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert item.ReferencedSOPInstanceUID == read.source.header.SOPInstanceUID
    assert item.ReferencedSOPClassUID == read.source.sop_class


def test_the_procedure_is_the_one_that_the_file_names() -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "399208008", "SCT", "Chest"
    data = changed(image_file("dx"), ProcedureCodeSequence=[code])
    made = report(read_of(data=data))
    assert made.PerformedProcedureCodeSequence[0].CodeValue == "399208008"
    assert not report(read_of()).PerformedProcedureCodeSequence


def test_without_a_prediction_there_is_the_read_alone(tmp_path: Path) -> None:
    read = read_of(probabilities={}, heatmap=None, model="", predicted_label=None)
    text = report_text(written(report(read), tmp_path, "report"))
    assert "Algorithm" not in text and "(SUPPLEMENTED,99DPROTONET," in text
