import numpy as np
import pytest

from dprotonet.errors import UnusableBundle
from dprotonet.modeling.classifiers.onnx_graph.layers import LAYERS
from tests.dprotonet.modeling.classifiers.onnx_graph.single import compare

CHANCE = np.random.default_rng(0)


def weights(*shape):
    return CHANCE.normal(size=shape).astype(np.float32)


CASES = [
    ("Conv", {"w": weights(4, 3, 3, 3), "b": weights(4)}, {"pads": (1, 1, 1, 1)}),
    ("Conv", {"w": weights(3, 1, 3, 3)}, {"group": 3, "strides": (2, 2), "dilations": (2, 2)}),
    ("Conv", {"w": weights(2, 3, 3, 3)}, {"pads": (0, 1, 2, 0)}),
    (
        "BatchNormalization",
        {"s": weights(3), "b": weights(3), "m": weights(3), "v": np.abs(weights(3)) + 0.1},
        {"epsilon": 1e-3},
    ),
    ("MaxPool", {}, {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 1, 1, 1)}),
    ("MaxPool", {}, {"kernel_shape": (2, 2), "strides": (2, 2), "pads": (0, 0, 1, 1)}),
    ("AveragePool", {}, {"kernel_shape": (2, 2), "strides": (2, 2)}),
    (
        "AveragePool",
        {},
        {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1), "count_include_pad": 1},
    ),
    ("Relu", {}, {}),
]


@pytest.mark.parametrize(
    ("kind", "constants", "attributes"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)]
)
def test_a_layer_gives_what_onnx_says(tmp_path, kind, constants, attributes):
    nodes = [(kind, ["x", *constants], ["y"], attributes)]
    ours, theirs = compare(tmp_path, nodes, constants=constants)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_every_layer_is_compared_with_onnx():
    assert {kind for kind, _, _ in CASES} == set(LAYERS)


@pytest.mark.parametrize(
    ("kind", "constants", "attributes", "says"),
    [
        ("Conv", {"w": weights(4, 3, 3, 3)}, {"auto_pad": "SAME_UPPER"}, "auto_pad"),
        (
            "AveragePool",
            {},
            {"kernel_shape": (3, 3), "pads": (0, 0, 1, 1), "strides": (1, 1)},
            "uneven padding",
        ),
    ],
)
def test_a_layer_of_a_kind_that_torch_has_not_is_refused(
    tmp_path, kind, constants, attributes, says
):
    nodes = [(kind, ["x", *constants], ["y"], attributes)]
    with pytest.raises((ValueError, UnusableBundle), match=says):
        compare(tmp_path, nodes, constants=constants)
