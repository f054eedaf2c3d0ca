"""Which objects are images, and which encodings are read."""

import pytest
from pydicom.uid import RLELossless

from dprotonet.images.dicom.kinds import is_image_class, readable_syntaxes


@pytest.mark.parametrize(
    ("sop_class", "is_image"),
    [
        ("1.2.840.10008.5.1.4.1.1.1.1", True),  # digital radiograph
        ("1.2.840.10008.5.1.4.1.1.7", True),  # secondary capture
        ("1.2.840.10008.5.1.4.1.1.2.1", True),  # enhanced CT
        ("1.2.840.10008.5.1.4.1.1.66.4", False),  # segmentation
        ("1.2.840.10008.5.1.4.1.1.30", False),  # parametric map
        ("1.2.840.10008.5.1.4.1.1.88.34", False),  # report
        ("1.2.840.10008.1.3.10", False),  # DICOMDIR
        ("1.2.3", False),
        ("", False),
    ],
)
def test_the_standards_list_says_what_is_an_image(sop_class: str, is_image: bool) -> None:
    assert is_image_class(sop_class) is is_image


def test_what_is_refused_when_it_is_read_is_not_among_the_readable() -> None:
    found = readable_syntaxes()
    assert RLELossless in found and "1.2.840.10008.1.2" in found
    assert not {"1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.100"} & set(found)
    assert len(found) == len(set(found)) >= 14
