import numpy as np
import pytest

from dprotonet.modeling.classifiers.onnx_graph.operators import OPERATORS
from tests.dprotonet.modeling.classifiers.onnx_graph.single import compare

ROW = np.linspace(-1, 1, 8, dtype=np.float32)
MATRIX = np.random.default_rng(1).normal(size=(8, 5)).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


def number(value):
    return np.array(value, dtype=np.float32)


# Operator, further inputs, attributes.
CASES = [
    ("Abs", {}, {}),
    ("Add", {"a": ROW}, {}),
    ("Cast", {}, {"to": 7}),
    ("Clip", {"a": number(-0.5), "b": number(0.5)}, {}),
    ("Concat", {"a": np.ones((2, 3, 8, 8), np.float32)}, {"axis": 1}),
    ("Div", {"a": ROW + 3}, {}),
    ("Elu", {}, {"alpha": 0.5}),
    ("Erf", {}, {}),
    ("Exp", {}, {}),
    ("Expand", {"a": ints(2, 2, 3, 8, 8)}, {}),
    ("Flatten", {}, {"axis": 1}),
    ("Flatten", {}, {"axis": 2}),
    ("Gather", {"a": ints(2, 0, -1)}, {"axis": 1}),
    ("Gather", {"a": np.array(1, dtype=np.int64)}, {"axis": 2}),
    ("Gelu", {}, {"approximate": "tanh"}),
    ("GlobalAveragePool", {}, {}),
    ("GlobalMaxPool", {}, {}),
    ("HardSigmoid", {}, {"alpha": 0.2, "beta": 0.4}),
    ("HardSwish", {}, {}),
    ("LayerNormalization", {"a": ROW, "b": ROW}, {"axis": -1}),
    ("LeakyRelu", {}, {"alpha": 0.1}),
    ("LogSoftmax", {}, {"axis": 1}),
    ("MatMul", {"a": MATRIX}, {}),
    ("Max", {"a": ROW}, {}),
    ("Min", {"a": ROW}, {}),
    ("Mul", {"a": ROW}, {}),
    ("Neg", {}, {}),
    ("PRelu", {"a": np.full((3, 1, 1), 0.3, np.float32)}, {}),
    ("Pad", {"a": ints(0, 0, 1, 2, 0, 0, 0, 3), "b": number(0.5)}, {}),
    ("Pad", {"a": ints(0, 0, 1, 1, 0, 0, 1, 1)}, {"mode": "reflect"}),
    ("Pow", {"a": number(2)}, {}),
    ("Reciprocal", {}, {}),
    ("ReduceMax", {"a": ints(1)}, {"keepdims": 0}),
    ("ReduceMean", {"a": ints(2, 3)}, {}),
    ("ReduceSum", {}, {"keepdims": 0}),
    ("Reshape", {"a": ints(0, -1)}, {}),
    ("Selu", {}, {}),
    ("Sigmoid", {}, {}),
    ("Slice", {"a": ints(1), "b": ints(9), "c": ints(3), "d": ints(2)}, {}),
    ("Softmax", {}, {"axis": 1}),
    ("Softplus", {}, {}),
    ("Sub", {"a": ROW}, {}),
    ("Tanh", {}, {}),
    ("Transpose", {}, {"perm": (0, 2, 3, 1)}),
    ("Unsqueeze", {"a": ints(0, 5)}, {}),
]


@pytest.mark.parametrize(
    ("kind", "constants", "attributes"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)]
)
def test_an_operator_gives_what_onnx_says(tmp_path, kind, constants, attributes):
    # Followed by one that is not taken off, as a last softmax or sigmoid would be.
    nodes = [(kind, ["x", *constants], ["z"], attributes), ("Abs", ["z"], ["y"], {})]
    ours, theirs = compare(tmp_path, nodes, constants=constants)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["Log", "Sqrt"])
def test_of_positive_numbers(tmp_path, kind):
    ours, theirs = compare(tmp_path, [(kind, ["x"], ["y"], {})], positive=True)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_matrix_product_with_all_its_attributes(tmp_path):
    nodes = [
        ("Flatten", ["x"], ["f"], {}),
        ("Gemm", ["f", "w", "b"], ["y"], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ]
    chance = np.random.default_rng(0)
    weights = chance.normal(size=(4, 192)).astype(np.float32)
    constants = {"w": weights, "b": weights[:, 0].copy()}
    ours, theirs = compare(tmp_path, nodes, constants=constants)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_shape_that_is_computed_from_the_image(tmp_path):
    nodes = [
        ("Shape", ["x"], ["s"], {"start": 0, "end": 1}),
        ("Concat", ["s", "rest"], ["shape"], {"axis": 0}),
        ("Reshape", ["x", "shape"], ["y"], {}),
    ]
    ours, theirs = compare(tmp_path, nodes, constants={"rest": ints(-1)})
    np.testing.assert_array_equal(ours, theirs)


def test_parts_of_unequal_size(tmp_path):
    nodes = [
        ("Split", ["x", "sizes"], ["a", "b"], {"axis": 1}),
        ("Mul", ["a", "b"], ["y"], {}),
    ]
    ours, theirs = compare(tmp_path, nodes, constants={"sizes": ints(1, 2)})
    np.testing.assert_array_equal(ours, theirs)


def test_numbers_that_are_filled_in_and_chosen(tmp_path):
    nodes = [
        ("Range", ["start", "end", "step"], ["r"], {}),
        ("Gather", ["x", "r"], ["g"], {"axis": 3}),
        ("Squeeze", ["g", "axis"], ["q"], {}),
        ("ConstantOfShape", ["size"], ["c"], {}),
        ("Add", ["q", "c"], ["y"], {}),
    ]
    constants = {
        "start": np.array(1, dtype=np.int64),
        "end": np.array(6, dtype=np.int64),
        "step": np.array(2, dtype=np.int64),
        "axis": ints(1),
        "size": ints(8, 3),
    }
    ours, theirs = compare(tmp_path, nodes, constants=constants, shape=(2, 1, 8, 8))
    np.testing.assert_array_equal(ours, theirs)


def test_every_operator_is_compared_with_onnx():
    compared = {kind for kind, _, _ in CASES} | {"Log", "Sqrt", "Gemm", "Shape", "Split"}
    compared |= {"Range", "Squeeze", "ConstantOfShape"}
    taken_off = {"Identity", "Dropout"}  # as they are read
    assert set(OPERATORS) - compared - taken_off == set()
