"""Marks in a report."""

from __future__ import annotations

from app.domain.marks import Mark
from app.services.dicom_out.regions import of_marks
from tests.app.services.dicom_out.reads import MARKS, read_of
from tests.app.services.dicom_out.test_groups import values


def test_each_mark_is_a_group_with_its_place_and_its_note() -> None:
    groups = of_marks(read_of())
    assert len(groups) == len(MARKS) - 1
    region = next(i for i in groups[0][0].ContentSequence if i.ValueType == "SCOORD")
    assert region.GraphicType == "POLYLINE"
    assert list(region.GraphicData)[:4] == [2.0, 3.0, 9.0, 3.0]
    assert values(groups[0])["121106"] == "here"
    assert values(groups[0])["121071"].startswith("CLASS_")  # the reader's label


def test_lengths_and_angles_are_numbers_with_their_lines() -> None:
    length, angle = of_marks(read_of())[3:5]
    assert values(length)["410668003"] > 0 and values(angle)["1483009"] == 90.0
    number = next(i for i in length[0].ContentSequence if i.ValueType == "NUM")
    assert number.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert number.ContentSequence[0].GraphicType == "POLYLINE"


def test_a_measured_area_is_no_finding() -> None:
    area = Mark("rectangle", ((1.0, 1.0), (4.0, 4.0)), "measure")
    (group,) = of_marks(read_of(marks=(area,)))
    assert "121071" not in values(group)


def test_without_marks_there_are_no_groups() -> None:
    assert of_marks(read_of(marks=())) == []
