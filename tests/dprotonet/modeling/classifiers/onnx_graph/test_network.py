import pytest
import torch
from torch import nn

from dprotonet.modeling.classifiers.onnx_graph.graph import Graph, Operator
from dprotonet.modeling.classifiers.onnx_graph.network import OnnxNetwork
from dprotonet.modeling.freezing.frozen import freeze

GRAPH = Graph(
    "v0",
    "v4",
    (
        Operator("Conv", ("v0", "t0"), ("v1",), {"pads": (1, 1, 1, 1)}),
        Operator("Clip", ("v1", "t1", "t2"), ("v2",)),
        Operator("GlobalAveragePool", ("v2",), ("v3",)),
        Operator("Reshape", ("v3", "t3"), ("v4",)),
    ),
)


def tensors():
    torch.manual_seed(0)
    return {
        "t0": torch.randn(4, 3, 3, 3),
        "t1": torch.tensor(0.0),
        "t2": torch.tensor(6.0),
        "t3": torch.tensor([0, -1]),
    }


def test_a_graph_is_run_with_gradients_back_to_the_image():
    network, own = OnnxNetwork(GRAPH, tensors()).eval(), tensors()
    x = torch.randn(2, 3, 16, 16, requires_grad=True)
    expected = nn.functional.conv2d(x, own["t0"], padding=1).clamp(0, 6).mean((2, 3))
    result = network(x)
    torch.testing.assert_close(result, expected)
    result[:, 1].sum().backward()
    assert x.grad is not None and float(x.grad.abs().max()) > 0


def test_its_layers_are_found_by_what_freezes_networks():
    network = OnnxNetwork(GRAPH, tensors()).eval()
    frozen = freeze(network, torch.randn(1, 3, 16, 16), "float32")
    assert frozen.differentiable and frozen.spatial.startswith("layers.")
    assert isinstance(network.layers[1], nn.ReLU6)


def test_a_missing_tensor_and_an_unknown_operator_are_refused():
    incomplete = tensors()
    del incomplete["t0"]
    with pytest.raises(ValueError, match="t0"):
        OnnxNetwork(GRAPH, incomplete)
    with pytest.raises(ValueError, match="no operator Loop"):
        OnnxNetwork(Graph("v0", "v1", (Operator("Loop", ("v0",), ("v1",)),)), {})
