"""What every object says alike."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydicom.valuerep import PersonName

from app.domain.dicom.site import DicomSite
from app.services.dicom_out import equipment
from app.services.dicom_out.presentation import presentation
from app.services.dicom_out.report import report
from app.services.dicom_out.saliency import segmentation
from dprotonet import __version__
from tests.app.services.dicom_out.reads import MODEL, changed, image_file, read_of

SIGNED = datetime(2026, 3, 1, 23, 30, 15, 999, tzinfo=UTC)


def test_it_says_who_made_it_and_when_it_was_signed() -> None:
    made = report(read_of(created_at=SIGNED))
    assert (made.Manufacturer, made.SoftwareVersions) == ("DProtoNet Review", __version__)
    for name in ("Content", "Series", "InstanceCreation"):
        said = str(made[f"{name}Date"].value), str(made[f"{name}Time"].value)
        assert said == ("20260301", "233015")


def test_times_have_the_offset_that_the_file_states() -> None:
    data = changed(image_file("dx"), TimezoneOffsetFromUTC="+0130")
    made = report(read_of(data=data, created_at=SIGNED))
    assert (str(made.ContentDate), str(made.ContentTime)) == ("20260302", "010015")
    odd = changed(image_file("dx"), TimezoneOffsetFromUTC="local")
    assert str(report(read_of(data=odd, created_at=SIGNED)).ContentTime) == "233015"


@pytest.mark.parametrize("name", ["Reader One", "a^b=c\\d", "x" * 200, "Ärztin 漢字\x07"])
def test_a_reader_is_a_persons_name_whatever_the_account_is_called(name: str) -> None:
    text = equipment.creator(read_of(reader=name))
    assert text.count("^") == 1 and text.endswith("^") and len(text) <= 64
    assert PersonName(text).family_name and not set("=\\\x07") & set(text)


def test_the_site_may_name_the_reader() -> None:
    site = DicomSite("St. Example", {"Reader One": "One^Reader"})
    assert equipment.creator(read_of(site=site)) == "One^Reader"


def test_the_algorithm_is_the_bundle_that_was_read_with() -> None:
    facts = equipment.algorithm(read_of())
    assert (facts.name, facts.version) == ("tiny", MODEL[:8])
    assert facts.parameter == f"Bundle SHA-256 {MODEL}"


def test_the_side_of_the_body_is_the_files_or_unknown() -> None:
    data = changed(image_file("dx"), Laterality="L")
    assert presentation(read_of(data=data)).Laterality == "L"
    assert presentation(read_of()).Laterality == ""


def test_another_heatmap_of_the_revision_is_another_object() -> None:
    from dataclasses import replace

    read = read_of()
    assert read.heatmap is not None
    other = replace(read, heatmap=replace(read.heatmap, key="o" * 64))
    assert other.heatmap is not None
    made = segmentation(read, read.heatmap)
    assert made.SOPInstanceUID != segmentation(other, other.heatmap).SOPInstanceUID
    assert report(read).SOPInstanceUID == report(other).SOPInstanceUID
    dimensions = made.DimensionOrganizationSequence[0].DimensionOrganizationUID
    assert dimensions == made.DimensionIndexSequence[0].DimensionOrganizationUID
