import numpy as np
import pytest
from safetensors.numpy import load

from dprotonet.editing.head import last_layer, with_last_layer


def test_the_last_layer_is_that_of_the_network(editable):
    layer = last_layer(editable)
    assert np.array_equal(layer.weights, editable.model.head.weight.numpy())
    assert layer.scale == pytest.approx(float(editable.model.log_scale.exp()))


def test_another_last_layer_leaves_every_other_tensor_as_it_is(editable):
    weights = np.full((2, 4), 0.25, np.float32)
    before = load((editable.path / "model.safetensors").read_bytes())
    after = load(with_last_layer(editable, weights))
    assert set(before) == set(after) and np.array_equal(after.pop("head.weight"), weights)
    assert all(np.array_equal(value, before[key]) for key, value in after.items())
    with pytest.raises(ValueError, match="shape"):
        with_last_layer(editable, weights[:, :3])
