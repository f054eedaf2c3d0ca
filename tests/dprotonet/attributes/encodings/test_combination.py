import numpy as np

from dprotonet.attributes.encodings.bargraph import bars
from dprotonet.attributes.encodings.combination import Combination
from dprotonet.attributes.encodings.distance_matrix import differences

UNITS = (0.25, 1.0, 0.5, 0.75)


def test_red_holds_differences_green_bars_and_blue_the_values_by_rows():
    cells = Combination(4).cells(UNITS)
    assert np.array_equal(cells[..., 0], differences(UNITS))
    assert np.array_equal(cells[..., 1], bars(UNITS, 1))
    assert np.allclose(cells[..., 2], np.array([[0], [1], [1 / 3], [2 / 3]]) * np.ones((1, 4)))
    assert Combination(4).pixels(UNITS)[16, 0].tolist() == [255, 0, 255]


def test_a_cell_is_a_third_of_each_colours_attributes():
    paint = Combination(4).paint(UNITS)
    # Row 1, column 2: a difference of both, the bar of column 2, the value of row 1.
    assert np.allclose(paint[:, 20, 40], [0, 0.5, 0.5, 0])
    # Row 0 is the margin of the bars.
    assert np.allclose(paint[:, 0, 40], [0.5, 0, 1 / 6, 0])


def test_equal_values_give_an_image_without_a_division_by_zero():
    assert np.isfinite(Combination(3).cells((0.5, 0.5, 0.5))).all()
