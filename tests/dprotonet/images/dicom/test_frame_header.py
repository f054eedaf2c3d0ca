"""What is said of one frame, without pixels and without what nobody asked for."""

import io
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from dprotonet.errors import UnreadableImage
from dprotonet.images.dicom.frame_header import frame_header
from dprotonet.images.isolated.reader import IsolatedReader

CT = Path(str(get_testdata_file("CT_small.dcm")))


def saved(dataset):
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def test_it_says_who_which_study_and_how_the_frame_lies():
    found, whole = Dataset.from_json(frame_header(CT, frame=0)), dcmread(CT)
    for name in ("PatientID", "StudyInstanceUID", "ImagePositionPatient", "RescaleIntercept"):
        assert found[name].value == whole[name].value
    assert "PixelData" not in found and not any(element.tag.is_private for element in found)
    assert "InstitutionName" not in found and "InstitutionName" in whole


def test_of_several_frames_it_has_the_place_of_the_one():
    whole = dcmread(get_testdata_file("eCT_Supplemental.dcm"))
    groups = whole.PerFrameFunctionalGroupsSequence
    for frame in (0, 1):
        found = Dataset.from_json(frame_header(saved(whole), frame=frame))
        place = groups[frame].PlanePositionSequence[0].ImagePositionPatient
        assert list(found.ImagePositionPatient) == list(place)
        assert "PerFrameFunctionalGroupsSequence" not in found


def test_text_comes_in_unicode_and_what_cannot_be_understood_is_left_out():
    dataset = dcmread(CT)
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName = "Müller^Jörg"
    data = saved(dataset).replace(b"-77.2040", b"nonsense")
    found = Dataset.from_json(frame_header(data, frame=0))
    assert str(found.PatientName) == "Müller^Jörg"


def test_a_child_says_the_same():
    with IsolatedReader() as reader:
        assert reader.frame_header(CT) == frame_header(CT, frame=0)
        with pytest.raises(UnreadableImage):
            reader.frame_header(CT.read_bytes()[:200])
