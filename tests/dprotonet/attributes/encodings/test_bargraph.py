import numpy as np
import pytest

from dprotonet.attributes.encodings.bargraph import BarGraph, bars


def test_a_bar_is_as_long_as_its_value_and_its_margin_is_black():
    image = BarGraph(4).pixels((0.0, 0.25, 0.5, 1.0))[..., 0]
    assert [int((image[:, 16 * one] > 0).sum()) for one in range(4)] == [0, 8, 16, 32]
    assert not image[:16].any()
    assert not image[48:].any()
    assert (image[16:48, 48:] == 255).all()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 30, 64])
def test_the_empty_part_of_a_bar_is_its_attributes_too(count):
    empty, full = BarGraph(count).paint((0.0,) * count), BarGraph(count).pixels((1.0,) * count)
    assert ((empty.sum(axis=0) == 1) == (full[..., 0] == 255)).all()
    assert len(set(empty.sum(axis=(1, 2)).tolist())) == 1


def test_one_or_two_bars_have_room_for_their_length():
    assert bars((1.0, 0.5), 4).sum(axis=0).tolist() == [8] * 4 + [4] * 4
    assert np.array_equal(bars((1.0,), 4), np.ones((4, 4)))
