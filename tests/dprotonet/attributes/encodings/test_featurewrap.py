import numpy as np
import pytest

from dprotonet.attributes.encodings.featurewrap import FeatureWrap


def bits_of(encoding, units):
    cells = np.rint(encoding.cells(units) * 255).astype(np.uint8)
    return np.unpackbits(cells.ravel())


@pytest.mark.parametrize(
    ("unit", "at"), [(0.0, 0), (0.05, 0), (0.1, 1), (0.55, 5), (0.99, 9), (1, 9)]
)
def test_the_bit_of_the_values_tenth_is_set(unit, at):
    bits = bits_of(FeatureWrap(2), (0.0, unit))
    assert np.flatnonzero(bits).tolist() == [0, 10 + at]


def test_cells_after_the_last_attribute_are_black_and_no_ones():
    encoding = FeatureWrap(3)
    assert encoding.least_size == 2
    assert FeatureWrap(30).least_size == 7
    padded = FeatureWrap(4)
    assert padded.least_size == 3
    assert not padded.cells((1.0,) * 4)[2].any()
    assert not padded.paint((1.0,) * 4)[:, 50:].any()


def test_a_cell_of_two_attributes_is_theirs_by_the_brightness_of_their_bits():
    paint = FeatureWrap(2).paint((0.5, 0.5))
    # The second of four cells holds the last two bits of the one and six of the other.
    assert paint[:, 10, 50].tolist() == pytest.approx([192 / 255, 63 / 255])
    assert paint[:, 10, 10].tolist() == [1, 0]
