import numpy as np
import pytest

from dprotonet.attributes.encodings.bargraph import BarGraph
from dprotonet.attributes.encodings.distance_matrix import DistanceMatrix
from dprotonet.attributes.encodings.drawing import enlarged


def test_a_drawing_is_enlarged_by_a_whole_number_and_lies_in_the_middle():
    image = enlarged(np.array([[0.25, 0.5, 0.75]], np.float32), 32)
    assert image.shape == (32, 32)
    rows, columns = np.nonzero(image)
    assert (rows.min(), rows.max()) == (11, 20)
    assert (columns.min(), columns.max()) == (1, 30)
    assert image[15, [1, 10, 11, 20, 21, 30]].tolist() == [0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


def test_a_drawing_in_colour_keeps_its_colours():
    assert enlarged(np.ones((2, 2, 3)), 32).shape == (32, 32, 3)


def test_a_drawing_of_grey_is_the_same_in_the_three_colours():
    pixels = DistanceMatrix(3).pixels((0.0, 0.5, 1.0))
    assert pixels.dtype == np.uint8
    assert (pixels == pixels[..., :1]).all()


def test_more_attributes_than_pixels_are_refused_with_the_side_that_would_do():
    with pytest.raises(ValueError, match="65 attributes cannot be drawn on 64 pixels; take 96"):
        BarGraph(65)
    assert BarGraph(65, 96).attributes == 65


@pytest.mark.parametrize("count", [0, -1, 2.0, True])
def test_a_number_of_attributes_is_whole_and_at_least_one(count):
    with pytest.raises(ValueError, match="at least one attribute"):
        BarGraph(count)


def test_a_row_of_another_number_of_attributes_is_refused():
    for method in (BarGraph(3).pixels, BarGraph(3).paint):
        with pytest.raises(ValueError, match="2 attributes, not 3"):
            method((0.5, 0.5))
