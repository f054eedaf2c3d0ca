import numpy as np
import pytest

from dprotonet.attributes.encodings.supertml import SuperTml


def test_other_values_are_other_texts_in_the_field_of_their_attribute():
    encoding = SuperTml(4)
    one, other = encoding.pixels((0.1, 0.2, 0.3, 0.4)), encoding.pixels((0.1, 0.9, 0.3, 0.4))
    rows, columns = np.nonzero((one != other).any(axis=2))
    assert rows.max() < 32
    assert columns.min() >= 32


def test_each_of_a_hundred_steps_looks_different_and_the_end_is_the_last():
    encoding = SuperTml(1, 32)
    images = {encoding.pixels(((step + 0.5) / 100,)).tobytes() for step in range(100)}
    assert len(images) == 100
    assert encoding.pixels((1.0,)).tobytes() in images


def test_fields_do_not_overlap():
    total = SuperTml(7).paint((0.5,) * 7).sum(axis=0)
    assert total.max() == 1


def test_too_many_attributes_are_refused_with_the_side_that_would_do():
    with pytest.raises(ValueError, match="take 96"):
        SuperTml(81, 64)
    assert SuperTml(81, 96).attributes == 81
