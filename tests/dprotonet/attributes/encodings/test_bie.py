import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dprotonet.attributes.encodings.bie import BinaryImage


@given(st.floats(0, 1, width=32))
def test_the_number_is_read_back_whole(unit):
    cells = BinaryImage(40).cells((unit,) * 40)
    assert struct.unpack(">f", np.packbits(cells[7].astype(np.uint8)).tobytes())[0] == unit


@pytest.mark.parametrize(("count", "each"), [(1, 32), (8, 4), (30, 1), (33, 1)])
def test_few_attributes_have_several_rows_each(count, each):
    encoding = BinaryImage(count)
    assert encoding.cells((0.3,) * count).shape == (count * each, 32)
    paint = encoding.paint((0.3,) * count)
    assert set(np.unique(paint)) <= {0.0, 1.0}
    assert (paint.sum(axis=(1, 2)) == each * 32 * (64 // max(count * each, 32)) ** 2).all()


def test_bits_are_white_from_the_sign_on():
    image = BinaryImage(1).pixels((1.0,))[0, ::2, 0]
    assert np.flatnonzero(image).tolist() == list(range(2, 9))
    assert set(image.tolist()) == {0, 255}
