"""One operator as an ONNX file, as onnx's own evaluator runs it, and as it is run here."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
from onnx.reference import ReferenceEvaluator  # noqa: E402

from dprotonet.modeling.classifiers.onnx_graph.network import OnnxNetwork  # noqa: E402
from dprotonet.modeling.classifiers.onnx_graph.reading import read_onnx  # noqa: E402


def model_of(
    nodes,
    shape=(2, 3, 8, 8),
    *,
    constants=None,
    opset=20,
    outputs=("open",),
    name="single",
    image="x",
):
    """An ONNX model from one image ``x`` to ``y``; nodes are (kind, inputs, outputs, attributes).

    Its output is said to have the shape ``outputs``.
    """
    made = [onnx.helper.make_node(k, i, o, **a) for k, i, o, a in nodes]
    tensors = [onnx.numpy_helper.from_array(v, n) for n, v in (constants or {}).items()]
    graph = onnx.helper.make_graph(
        made,
        name,
        [onnx.helper.make_tensor_value_info(image, onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, outputs)],
        tensors,
    )
    opsets = [onnx.helper.make_opsetid("", opset)]
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)


def compare(folder, nodes, *, constants=None, shape=(2, 3, 8, 8), opset=20, positive=False):
    """Both runs' numbers for one random image."""
    import torch

    model = model_of(nodes, shape, constants=constants, opset=opset)
    path = folder / "single.onnx"
    path.write_bytes(model.SerializeToString())
    found = read_onnx(path)
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    x = np.abs(x) + 0.1 if positive else x
    (theirs,) = ReferenceEvaluator(model).run(None, {"x": x})
    ours = OnnxNetwork(found.graph, found.tensors).eval()(torch.from_numpy(x))
    return ours.detach().numpy(), theirs
