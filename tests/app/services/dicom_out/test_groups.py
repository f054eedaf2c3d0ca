"""Groups that speak of the whole image."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from app.services.dicom_out.groups import label_code, of_prediction, of_read
from app.services.dicom_out.saliency import segmentation
from tests.app.services.dicom_out.reads import read_of


def values(group: Any) -> dict[str, Any]:
    """What stands in a group, by the code of its name."""
    found: dict[str, Any] = {}
    item: Dataset
    for item in group[0].ContentSequence:
        name = item.ConceptNameCodeSequence[0].CodeValue
        if item.ValueType == "CODE":
            found[name] = item.ConceptCodeSequence[0].CodeValue
        elif item.ValueType == "NUM":
            found[name] = float(item.MeasuredValueSequence[0].NumericValue)
        else:
            found[name] = item.get("TextValue") or item.get("UID")
    return found


def test_each_class_that_was_called_has_its_own_probability() -> None:
    groups = of_prediction(read_of(probabilities={"pneumonia": 0.83, "effusion": 0.612345678}))
    assert [values(group)["122157"] for group in groups] == [0.83, 0.612346]
    assert values(groups[0])["121071"] == "233604007"
    assert values(groups[1])["121071"].startswith("CLASS_")
    assert values(groups[0])["112040"] != values(groups[1])["112040"]
    assert values(groups[0])["111001"] == "tiny" and values(groups[0])["111000"] == "123110"


def test_the_class_and_the_segment_of_its_heatmap_have_one_tracking_identifier() -> None:
    read = read_of()
    assert read.heatmap is not None
    segment = segmentation(read, read.heatmap).SegmentSequence[0]
    assert values(of_prediction(read)[0])["112040"] == segment.TrackingUID


def test_a_read_says_verdict_confidence_and_what_else_was_answered() -> None:
    said = values(of_read(read_of(region="outside the body", judged_map="class:pneumonia")))
    assert said["VERDICT"] == "SUPPLEMENTED" and said["CONFIDENCE"] == "CONFIDENCE_4"
    assert said["REASON"] == "REASON_PARTLY" and said["REGION"] == "REGION_OUTSIDE"
    assert said["121106"] == "Läsion links, 漢字\r\nline two"
    bare = values(of_read(read_of(reason=None, text=" ")))
    assert not {"REASON", "REGION", "121106"} & set(bare)


def test_a_reader_who_names_nothing_finds_nothing() -> None:
    read = read_of(verdict="reject", corrected_label=None)
    assert label_code(read) is None and "121071" not in values(of_read(read))
    accepted = label_code(read_of(verdict="accept", corrected_label=None))
    assert accepted is not None and accepted.value == "233604007"
