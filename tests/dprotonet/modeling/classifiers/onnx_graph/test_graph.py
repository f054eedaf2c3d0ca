import pytest

from dprotonet.modeling.classifiers.onnx_graph.graph import Graph, Operator

CONV = Operator("Conv", ("v0", "t0"), ("v1",), {"strides": (2, 2), "group": 1})
RELU = Operator("Relu", ("v1",), ("v2",))


def test_a_graph_comes_back_from_its_json():
    graph = Graph("v0", "v2", (CONV, RELU))
    assert Graph.from_json(graph.to_json()) == graph
    assert graph.tensors == {"t0"}


def test_an_operator_that_reads_what_is_not_there_yet_is_refused():
    with pytest.raises(ValueError, match="Relu reads v1"):
        Graph("v0", "v2", (RELU, CONV))


def test_a_graph_without_its_output_is_refused():
    with pytest.raises(ValueError, match="output"):
        Graph("v0", "v9", (CONV,))


@pytest.mark.parametrize("name", ["../x", "x.weight", "v", "t1234567"])
def test_names_are_short_and_plain(name):
    with pytest.raises(ValueError, match="without a name"):
        Operator("Relu", (name,), ("v1",))


def test_an_attribute_is_a_plain_value():
    with pytest.raises(ValueError, match="no plain value"):
        Operator("If", ("v0",), ("v1",), {"then": {"a": 1}})
