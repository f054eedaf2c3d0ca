import sys

import numpy as np
import pytest
import torch
from torch import nn

from dprotonet.errors import WrongRequest
from dprotonet.modeling.portable.named_outputs import NamedOutputs
from dprotonet.modeling.portable.onnx_file import INPUT, onnx_bytes, require_exporter


def network():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    return NamedOutputs(layers, {"logits": lambda result, _seen: result}).eval()


@pytest.fixture(scope="module")
def model():
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    return onnx.load_model_from_string(onnx_bytes(network(), 8, {"classes": '["a", "b"]'}))


def test_any_number_of_images_passes(model):
    from onnx.reference import ReferenceEvaluator

    for count in (1, 3):
        x = torch.randn(count, 3, 8, 8)
        (result,) = ReferenceEvaluator(model).run(["logits"], {INPUT: x.numpy()})
        np.testing.assert_allclose(result, network()(x)[0].detach(), atol=1e-5)


def test_it_holds_the_metadata_and_nothing_of_this_machine(model):
    assert {entry.key: entry.value for entry in model.metadata_props} == {"classes": '["a", "b"]'}
    data = model.SerializeToString()
    assert b"site-packages" not in data and b"test_onnx_file" not in data


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_without_its_packages_the_sentence_names_them(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(WrongRequest, match="pip install onnx onnxscript"):
        require_exporter()
