import numpy as np

from dprotonet.attributes.encodings.distance_matrix import DistanceMatrix, differences


def test_a_cell_is_row_less_column_between_the_least_and_the_greatest_difference():
    found = differences((0.0, 0.25, 0.5))
    assert found.tolist() == [[0.5, 0.25, 0.0], [0.75, 0.5, 0.25], [1.0, 0.75, 0.5]]


def test_equal_values_are_grey():
    assert (differences((0.3, 0.3)) == 0.5).all()
    assert np.unique(DistanceMatrix(2).pixels((0.3, 0.3))).tolist() == [128]


def test_rows_that_differ_by_a_factor_look_the_same():
    encoding = DistanceMatrix(3)
    assert np.array_equal(encoding.pixels((0.0, 0.5, 1.0)), encoding.pixels((0.25, 0.5, 0.75)))


def test_a_cell_is_half_of_either_attribute_and_one_of_the_diagonal_its_own():
    paint = DistanceMatrix(2).paint((0.1, 0.9))
    assert paint[:, 10, 40].tolist() == [0.5, 0.5]
    assert paint[:, 10, 10].tolist() == [1, 0]
    assert paint[:, 40, 40].tolist() == [0, 1]
