"""What stays of a header, at every depth, and what does not."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.dprotonet.images.deidentify.files import done, header_of, make_dicom


def test_patient_identifiers_and_dates_are_those_of_the_instructions() -> None:
    def change(data: Dataset) -> None:
        data.FrameOfReferenceUID = "1.2.3.9"
        data.AcquisitionDateTime = "20240301101112.5"
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = data.SOPClassUID, "1.2.3.4"
        item.StudyDate, item.FrameOfReferenceUID = "20240302", "1.2.3.9"
        data.SourceImageSequence = Sequence([item])

    new = header_of(done(make_dicom(change)))
    assert new.PatientName == new.PatientID == "P-one"
    assert new.StudyDate == "20230126" and new.AcquisitionDateTime == "20230126"
    assert not new.PatientBirthDate
    (item,) = new.SourceImageSequence
    assert item.ReferencedSOPInstanceUID == new.SOPInstanceUID
    assert new.SOPInstanceUID == new.file_meta.MediaStorageSOPInstanceUID
    assert new.SOPInstanceUID.startswith("2.25.")
    assert item.FrameOfReferenceUID == new.FrameOfReferenceUID != "1.2.3.9"
    assert item.StudyDate == "20230127"
    assert item.ReferencedSOPClassUID == new.SOPClassUID == "1.2.840.10008.5.1.4.1.1.1.1"
    assert new.PatientIdentityRemoved == "YES"
    codes = [code.CodeValue for code in new.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113107"]


def test_a_date_that_is_none_is_emptied_and_one_before_the_first_year_too() -> None:
    def change(data: Dataset) -> None:
        data.add_new(0x00080022, "DA", "about May")
        data.ContentDate = "00010101"

    new = header_of(done(make_dicom(change)))
    assert not new.AcquisitionDate and not new.ContentDate


def test_free_text_is_gone_whether_the_profile_names_it_or_not() -> None:
    def change(data: Dataset) -> None:
        data.StudyDescription = data.Manufacturer = data.WindowCenterWidthExplanation = "text"
        data.add_new(0x00280999, "LO", "no element of the standard")
        data.KVP, data.InstanceNumber = "120", "3"
        data.WindowCenter, data.WindowWidth = "2048", "4096"

    new = header_of(done(make_dicom(change)))
    for name in ("StudyDescription", "Manufacturer", "WindowCenterWidthExplanation"):
        assert name not in new
    assert 0x00280999 not in new
    assert (new.KVP, new.InstanceNumber, new.WindowCenter) == (120, 3, 2048)


def test_a_value_that_names_the_person_goes_wherever_it_stands() -> None:
    def change(data: Dataset) -> None:
        data.BodyPartExamined = "DOE JANE"
        data.ImageType = ["ORIGINAL", "PRIMARY", "DOE"]
        data.AcquisitionNumber = "4711815"

    new = header_of(done(make_dicom(change)))
    assert "BodyPartExamined" not in new and "AcquisitionNumber" not in new
    assert list(new.ImageType) == ["ORIGINAL", "PRIMARY", ""]


def test_a_coded_entry_keeps_its_code_and_loses_its_words() -> None:
    def change(data: Dataset) -> None:
        known, own = Dataset(), Dataset()
        known.CodeValue, known.CodingSchemeDesignator = "R-10206", "SRT"
        own.CodeValue, own.CodingSchemeDesignator = "JANE1", "99OURS"
        known.CodeMeaning = own.CodeMeaning = "as Doctor Mabuse wished"
        data.ViewCodeSequence = Sequence([known, own])

    known, own = header_of(done(make_dicom(change))).ViewCodeSequence
    assert (known.CodeValue, known.CodeMeaning) == ("R-10206", "R-10206")
    assert len(own) == 0


def test_private_and_other_elements_stay_where_the_list_says_so() -> None:
    def change(data: Dataset) -> None:
        block = data.private_block(0x0019, "ACME 1.1", create=True)
        block.add_new(0x10, "DS", "1.5")
        block.add_new(0x11, "LO", "other")
        block.add_new(0x12, "LO", "for Jane")
        block.add_new(0x13, "UI", "1.2.3.4")
        block.add_new(0x14, "DA", "20240301")
        data.PatientSex, data.PatientAge = "F", "079Y"

    data = make_dicom(change)
    assert not any(element.tag.is_private for element in header_of(done(data)))
    kept = ("PatientSex", *(f"0019xx{number} ACME 1.1" for number in (10, 12, 13, 14)))
    new = header_of(done(data, kept=kept))
    block = new.private_block(0x0019, "ACME 1.1")
    assert block[0x10].value == 1.5 and 0x11 not in block
    assert 0x12 not in block, "it names the person"
    assert 0x13 not in block and block[0x14].value == "20230126"
    assert new.PatientSex == "F" and "PatientAge" not in new
    assert new.DeidentificationMethodCodeSequence[-1].CodeValue == "113111"


def test_overlays_curves_and_what_lies_behind_the_pixels_are_gone() -> None:
    def change(data: Dataset) -> None:
        data.add_new(0x60000010, "US", 16)
        data.add_new(0x60023000, "OW", b"overlay!")
        data.add_new(0x50003000, "OW", b"curve!!!")
        data.add_new(0xFFFCFFFC, "OB", b"trailing")

    data = done(make_dicom(change)).data
    assert not any(word in data for word in (b"overlay!", b"curve!!!", b"trailing"))


def test_nobody_who_looked_at_the_file_before_calls_it_clean() -> None:
    for stated, stays in (("NO", None), ("YES", "YES")):

        def change(data: Dataset, stated: str = stated) -> None:
            data.BurnedInAnnotation = stated

        assert header_of(done(make_dicom(change))).get("BurnedInAnnotation") == stays


def test_what_says_how_the_image_lies_in_the_patient_and_how_large_it_is_stays() -> None:
    def change(data: Dataset) -> None:
        data.PatientOrientation = ["L", "F"]
        data.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        data.ImagerPixelSpacing = [0.2, 0.1]
        data.RescaleSlope, data.RescaleIntercept, data.RescaleType = 2, -1024, "HU"

    new = header_of(done(make_dicom(change)))
    assert list(new.PatientOrientation) == ["L", "F"]
    assert list(new.ImageOrientationPatient) == [1, 0, 0, 0, 0, -1]
    assert list(new.ImagerPixelSpacing) == [0.2, 0.1]
    assert (new.RescaleSlope, new.RescaleIntercept, new.RescaleType) == (2, -1024, "HU")
