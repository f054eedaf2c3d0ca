"""The header that objects are made of: whole, or refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import MultiFrameGrayscaleWordSecondaryCaptureImageStorage as FRAMES

from app.domain.errors import Refused
from app.services.dicom_out.source import SourceImage, of_header
from dprotonet.images.dicom.frame_header import frame_header
from tests.app.services.dicom_out.reads import changed, image_file, read_of


def source_of(size: tuple[int, int] = (120, 101), **values: Any) -> SourceImage:
    header = frame_header(changed(image_file("dx"), **values), frame=0)
    return of_header(Dataset.from_json(header), frames=1, frame=0, size=size)


@pytest.mark.parametrize("name", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("value", [None, "", "no uid"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_nothing_can_refer_to_is_refused(name: str, value: str | None) -> None:
    with pytest.raises(Refused, match=name):
        source_of(**{name: value})


def test_an_unknown_kind_and_another_size_are_refused() -> None:
    with pytest.raises(Refused, match="standard does not list"):
        source_of(SOPClassUID="1.2.3.4")
    with pytest.raises(Refused, match="another size"):
        source_of((101, 120))


def test_what_a_file_does_not_say_is_empty_and_what_no_object_may_say_too() -> None:
    header = source_of(PatientID=None, StudyTime=None, PatientSex="X").header
    assert (header.PatientID, header.StudyTime, header.PatientSex) == ("", "", "")


def test_a_frame_of_reference_without_a_plane_in_it_does_not_count() -> None:
    source = source_of(FrameOfReferenceUID="1.2.3.4")
    assert not source.has_plane and "FrameOfReferenceUID" not in source.header
    assert read_of("ct").source.has_plane


def test_references_name_the_files_kind_and_the_frame_where_one_may_be_named() -> None:
    source = read_of("frames").source
    assert source.sop_class == FRAMES != source.header.SOPClassUID

    def reference() -> Dataset:
        item = Dataset()
        item.ReferencedSOPClassUID = source.header.SOPClassUID
        item.ReferencedSOPInstanceUID = source.header.SOPInstanceUID
        return item

    made, series, other = Dataset(), Dataset(), reference()
    other.ReferencedSOPInstanceUID = "1.2.3"
    shared = reference()
    series.ReferencedSOPSequence, series.ReferencedInstanceSequence = [reference()], [shared]
    made.ReferencedSeriesSequence = [series]
    made.SourceImageSequence = [shared, other]
    source.refer(made)
    assert made.SourceImageSequence[0].ReferencedFrameNumber == 2
    assert made.SourceImageSequence[0].ReferencedSOPClassUID == FRAMES
    for item in (series.ReferencedSOPSequence[0], series.ReferencedInstanceSequence[0]):
        assert item.ReferencedSOPClassUID == FRAMES and "ReferencedFrameNumber" not in item
    assert other.ReferencedSOPClassUID != FRAMES and "ReferencedFrameNumber" not in other


def test_of_a_file_with_one_frame_no_frame_is_named() -> None:
    made = Dataset()
    item = Dataset()
    source = source_of()
    item.ReferencedSOPInstanceUID = source.header.SOPInstanceUID
    made.SourceImageSequence = [item]
    source.refer(made)
    assert "ReferencedFrameNumber" not in item


def test_a_plane_of_unknown_thickness_is_none() -> None:
    data = changed(image_file("ct"), SliceThickness=None)
    assert not read_of(data=data).source.has_plane


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_time_that_is_none_is_left_out() -> None:
    assert source_of(StudyTime="15:18:59").header.StudyTime == ""
