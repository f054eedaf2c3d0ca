"""The letters at the edges of an image, from what a header states."""

import pytest

from dprotonet.images.reader import read_image
from dprotonet.images.types import PatientDirections


def letters(data: bytes) -> str | None:
    found = read_image(data).directions
    return found and " ".join((found.left, found.top, found.right, found.bottom))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (["L", "F"], "R H L F"),  # a chest from the front
        (["P", "F"], "A H P F"),  # a lateral
        (["A", "F"], "P H A F"),
        (["AR", "FL"], None),  # left and right along both sides
        (["PL", "HA"], None),
        (["PR", "F"], "AL H PR F"),
        (["r", " h "], "L F R H"),
        (["L", "R"], None),
        (["L"], None),
        (["LE", "CD"], None),  # an animal
        (["X", "F"], None),
    ],
)
def test_the_letters_that_are_stated_name_right_and_bottom(dicom_file, ramp, stated, expected):
    assert letters(dicom_file(ramp, PatientOrientation=stated)) == expected


@pytest.mark.parametrize(
    ("cosines", "expected"),
    [
        ([1, 0, 0, 0, 1, 0], "R A L P"),  # axial
        ([1, 0, 0, 0, 0, -1], "R H L F"),  # coronal
        ([0, 1, 0, 0, 0, -1], "A H P F"),  # sagittal
        ([0.8, 0.6, 0, 0, 0, -1], "RA H LP F"),
        ([0.6, 0.8, 0, 0, 0, -1], "AR H PL F"),
        ([0.99, 0.141, 0, 0, 0, -1], "R H L F"),  # 8° off an axis
        ([1, 0, 0, 1, 0, 0], None),
        ([2, 0, 0, 0, 1, 0], None),
        ([1, 0, 0], None),
    ],
)
def test_the_orientation_in_space_becomes_letters(dicom_file, ramp, cosines, expected):
    assert letters(dicom_file(ramp, ImageOrientationPatient=cosines)) == expected


def test_the_orientation_in_space_counts_before_the_letters(dicom_file, ramp):
    both = {"PatientOrientation": ["A", "F"], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    assert letters(dicom_file(ramp, **both)) == "R A L P"


def test_a_file_that_states_none_has_none(dicom_file, ramp):
    assert letters(dicom_file(ramp)) is None


def test_each_frame_of_an_enhanced_file_has_its_own(dicom_file, ramp):
    import numpy as np
    from pydicom.dataset import Dataset

    def group(*cosines: float) -> Dataset:
        plane, whole = Dataset(), Dataset()
        plane.ImageOrientationPatient = list(cosines)
        whole.PlaneOrientationSequence = [plane]
        return whole

    data = dicom_file(
        np.stack([ramp, ramp]),
        PerFrameFunctionalGroupsSequence=[group(1, 0, 0, 0, 1, 0), group(1, 0, 0, 0, 0, -1)],
    )
    sides = [read_image(data, frame=frame).directions for frame in (0, 1)]
    assert sides == [PatientDirections("R", "A", "L", "P"), PatientDirections("R", "H", "L", "F")]
