"""An image and its facts survive the way through a pipe; what is no image does not."""

import copy

import numpy as np
import pytest

from dprotonet.images.isolated.messages import BrokenMessage
from dprotonet.images.isolated.protocol import image_from_message, image_to_message
from dprotonet.images.types import (
    DicomFacts,
    GrayOrColourImage,
    ImageFacts,
    PatientDirections,
    Rescale,
    Spacing,
)
from dprotonet.images.windows import VoiTable, Window

TABLE = VoiTable(3, np.array([0, 0.5, 1], np.float32))
IMAGE = GrayOrColourImage(
    pixels=np.array([[3, 4], [5, 4]], ">u2"),
    windows=(Window(4, 2, "table", "TABLE", TABLE), Window(4, 3, "line")),
    inverted=True,
    padding=np.array([[False, True], [False, False]]),
    facts=ImageFacts("dicom", 2, 2, 3, False, 12, DicomFacts(modality="DX")),
    frame=2,
    spacing=Spacing(0.1, 0.2, "PixelSpacing"),
    notes=("A remark.",),
    aspect_ratio=0.5,
    directions=PatientDirections("R", "H", "L", "F"),
    rescale=Rescale(2.0, -1024.0, "HU"),
)


def sent(image: GrayOrColourImage) -> tuple[dict, list[bytearray]]:
    header, arrays = image_to_message(image)
    return header, [bytearray(array.tobytes()) for array in arrays]


def test_an_image_comes_back_with_all_that_belongs_to_it():
    image = image_from_message(*sent(IMAGE))

    assert np.array_equal(image.pixels, IMAGE.pixels)
    assert np.array_equal(image.padding, IMAGE.padding)
    assert np.array_equal(image.unit(), IMAGE.unit())
    assert image.windows[0].table.first == 3 and image.windows[1] == IMAGE.windows[1]
    for field in ("inverted", "facts", "frame", "spacing", "notes", "aspect_ratio"):
        assert getattr(image, field) == getattr(IMAGE, field)
    assert (image.directions, image.rescale) == (IMAGE.directions, IMAGE.rescale)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("arrays", []),
        ("arrays", [{"dtype": "|O", "shape": [2, 2]}] * 3),
        ("arrays", [{"dtype": "<u2", "shape": [9, 9]}] * 3),
        ("windows", []),
        ("facts", {}),
        ("frame", "two"),
        ("spacing", {"rows_mm": 1}),
        ("directions", {"left": "R"}),
        ("rescale", {"slope": 1}),
    ],
)
def test_a_message_that_describes_no_image_is_refused(key, value):
    header, parts = sent(IMAGE)
    changed = {**copy.deepcopy(header), key: value}

    with pytest.raises(BrokenMessage):
        image_from_message(changed, parts)
