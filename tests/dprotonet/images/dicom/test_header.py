"""Spacing, aspect ratio and the facts of a DICOM header."""

import pytest

from dprotonet.images.reader import inspect, read_image
from dprotonet.images.types import Spacing


def test_pixel_spacing_comes_before_the_detectors_and_is_named(dicom_file, ramp):
    both = read_image(dicom_file(ramp, PixelSpacing=[0.1, 0.1], ImagerPixelSpacing=[0.2, 0.2]))
    assert both.spacing == Spacing(0.1, 0.1, "PixelSpacing")
    imager = read_image(dicom_file(ramp, ImagerPixelSpacing=[0.2, 0.1]))
    assert imager.spacing == Spacing(0.2, 0.1, "ImagerPixelSpacing")
    assert read_image(dicom_file(ramp, PixelSpacing=[0, 0])).spacing is None


def test_an_aspect_ratio_without_spacing_is_kept(dicom_file, ramp):
    image = read_image(dicom_file(ramp, PixelAspectRatio=[2, 1]))
    assert image.spacing is None and image.pixel_aspect == 2


def test_the_header_is_told_without_the_person(dicom_file, ramp):
    data = dicom_file(
        ramp,
        PatientName="Doe^Jane",
        PatientID="4711",
        ViewPosition="PA",
        ImageLaterality="U",
        BodyPartExamined="CHEST",
        StudyInstanceUID="1.2.3",
        StudyDate="20200101",
        BurnedInAnnotation="YES",
        Manufacturer="Acme  Imaging",
        StationName="ROOM 3",
        PatientSex="F",
        PatientAge="045Y",
        PatientBirthDate="19750102",
    )
    facts = inspect(data)
    assert (facts.format, facts.rows, facts.columns, facts.bits) == ("dicom", 6, 8, 16)
    dicom = facts.dicom
    assert (dicom.modality, dicom.view_position, dicom.body_part) == ("DX", "PA", "CHEST")
    assert (dicom.study_uid, dicom.study_date, dicom.laterality) == ("1.2.3", "20200101", "U")
    assert dicom.burned_in_annotation is True
    assert (dicom.manufacturer, dicom.station) == ("Acme Imaging", "ROOM 3")
    assert (dicom.sex, dicom.age) == ("F", 45)
    assert "Doe" not in repr(facts) and "4711" not in repr(facts)
    assert "1975" not in repr(facts)
    assert any("burned" in note for note in read_image(data).notes)


@pytest.mark.parametrize(
    ("age", "years"), [("018M", 1), ("100W", 1), ("010D", 0), ("Y", None), ("abc", None)]
)
def test_an_age_is_in_whole_years_or_not_known(dicom_file, ramp, age, years):
    assert inspect(dicom_file(ramp, PatientAge=age)).dicom.age == years
