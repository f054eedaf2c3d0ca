import numpy as np
import pytest

from dprotonet.attributes.encodings.supertml import SuperTml


def test_other_values_are_other_texts_in_the_field_of_their_attribute():
    encoding = SuperTml(4)
    one, other = encoding.pixels((0.1, 0.2, 0.3, 0.4)), encoding.pixels((0.1, 0.9, 0.3, 0.4))
    rows, columns = np.nonzero((one != other).any(axis=2))
    assert rows.max() < 64
    assert columns.min() >= 64


def test_all_of_a_hundred_and_one_steps_look_different():
    encoding = SuperTml(1, 32)
    images = {encoding.pixels((step / 100,)).tobytes() for step in range(101)}
    assert len(images) == 101


def test_fields_do_not_overlap():
    total = SuperTml(7).paint((0.5,) * 7).sum(axis=0)
    assert total.max() == 1


def test_too_many_attributes_are_refused_with_the_side_that_would_do():
    with pytest.raises(ValueError, match="take 96"):
        SuperTml(64, 64)
    assert SuperTml(64, 96).attributes == 64
