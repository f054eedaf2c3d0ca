"""The heatmap as a segmentation, and as values."""

from __future__ import annotations

import numpy as np
import pytest

from app.services.dicom_out.saliency import parametric_map, segmentation
from tests.app.services.dicom_out.reads import MODEL, changed, image_file, read_of


@pytest.mark.parametrize("kind", ["dx", "ct", "frames"])
def test_a_segments_values_are_the_heatmaps_in_255_steps(kind: str) -> None:
    read = read_of(kind)
    assert read.heatmap is not None
    made = segmentation(read, read.heatmap)
    assert np.array_equal(made.pixel_array, np.rint(read.heatmap.values * 255).astype(np.uint8))
    assert (made.SegmentationType, made.MaximumFractionalValue) == ("FRACTIONAL", 255)
    assert made.pixel_array.shape == read.image.shape


def test_the_segment_says_what_it_is_and_which_model_drew_it() -> None:
    read = read_of()
    assert read.heatmap is not None
    (segment,) = segmentation(read, read.heatmap).SegmentSequence
    assert segment.SegmentedPropertyTypeCodeSequence[0].CodeValue == "130404"
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmName == "tiny" and MODEL in algorithm.AlgorithmParameters
    assert algorithm.AlgorithmFamilyCodeSequence[0].CodeValue == "123110"


def test_a_radiographs_orientation_is_handed_on_or_empty() -> None:
    read = read_of()
    assert read.heatmap is not None
    assert list(segmentation(read, read.heatmap).PatientOrientation) == ["L", "F"]
    bare = read_of(data=changed(image_file("dx"), PatientOrientation=None))
    assert not segmentation(bare, read.heatmap).PatientOrientation


def test_a_heatmap_of_nothing_is_kept() -> None:
    read = read_of()
    assert read.heatmap is not None
    from dataclasses import replace

    nothing = replace(read.heatmap, values=np.zeros(read.image.shape, np.float32))
    assert segmentation(read, nothing).pixel_array.max() == 0


def test_a_parametric_map_has_the_values_themselves() -> None:
    read = read_of("ct")
    assert read.heatmap is not None
    made = parametric_map(read, read.heatmap)
    assert np.array_equal(made.pixel_array, read.heatmap.values)
    assert made.FrameOfReferenceUID == read.source.header.FrameOfReferenceUID
    assert made.ContentQualification == "RESEARCH"
