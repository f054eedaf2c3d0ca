"""The image library says what the file says."""

from __future__ import annotations

from pydicom.dataset import Dataset

from app.services.dicom_out.image_library import image_library
from app.services.dicom_out.report import report
from tests.app.services.dicom_out.reads import changed, image_file, read_of


def described(header: Dataset) -> dict[str, Dataset]:
    image = image_library(header).ContentSequence[0].ContentSequence[0]
    return {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in image.ContentSequence}


def test_a_radiograph_has_modality_size_orientation_and_spacing() -> None:
    found = described(read_of().source.header)
    assert found["Modality"].ConceptCodeSequence[0].CodeValue == "DX"
    assert found["Pixel Data Rows"].MeasuredValueSequence[0].NumericValue == 120
    assert found["Patient Orientation Row"].TextValue == "L"
    assert "Vertical Pixel Spacing" in found and "Frame of Reference UID" not in found


def test_a_slice_has_its_frame_of_reference() -> None:
    assert "Frame of Reference UID" in described(read_of("ct").source.header)


def test_what_the_file_does_not_say_is_left_out_and_the_report_is_made() -> None:
    bare = {"ImagerPixelSpacing": None, "PatientOrientation": None, "Modality": "??"}
    read = read_of(data=changed(image_file("dx"), **bare))
    assert set(described(read.source.header)) == {"Pixel Data Rows", "Pixel Data Columns"}
    assert report(read).SOPInstanceUID
