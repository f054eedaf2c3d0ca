import sys

import numpy as np
import pytest

from dprotonet.errors import WrongRequest
from dprotonet.modeling.portable.onnx_runner import runner
from tests.dprotonet.modeling.classifiers.onnx_graph.single import model_of


def relu():
    return model_of([("Relu", ["x"], ["y"], {})]).SerializeToString()


X = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)


def test_onnxruntime_runs_a_file():
    pytest.importorskip("onnxruntime")
    (result,) = runner(relu())(X)
    np.testing.assert_array_equal(result, np.maximum(X, 0))


def test_without_it_onnx_does(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (result,) = runner(relu())(X)
    np.testing.assert_array_equal(result, np.maximum(X, 0))


def test_without_both_the_sentence_names_one(monkeypatch):
    data = relu()
    for package in ("onnxruntime", "onnx"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(WrongRequest, match="pip install onnxruntime"):
        runner(data)
