import numpy as np
import pytest

from dprotonet.errors import UnusableBundle
from dprotonet.modeling.classifiers.onnx_graph.reading import read_onnx
from tests.dprotonet.modeling.classifiers.onnx_graph.single import model_of, onnx

WEIGHTS = {"w": np.ones((2, 3), dtype=np.float32)}
HEAD = [
    ("GlobalAveragePool", ["x"], ["p"], {}),
    ("Flatten", ["p"], ["f"], {}),
    ("Gemm", ["f", "w"], ["y"], {"transB": 1}),
]


def written(folder, model):
    path = folder / "classifier.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_what_a_file_says_of_itself_is_read(tmp_path):
    model = model_of(HEAD, ("N", 3, 96, 96), constants=WEIGHTS, outputs=("N", 2), name="mine")
    found = read_onnx(written(tmp_path, model))
    assert (found.name, found.channels, found.size, found.outputs) == ("mine", 3, 96, 2)
    assert found.ended_in == "" and set(found.tensors) == {"t0"}


@pytest.mark.parametrize(("last", "word"), [("Softmax", "softmax"), ("Sigmoid", "sigmoid")])
def test_a_last_softmax_or_sigmoid_is_taken_off(tmp_path, last, word):
    nodes = [*HEAD[:2], ("Gemm", ["f", "w"], ["z"], {"transB": 1}), (last, ["z"], ["y"], {})]
    found = read_onnx(written(tmp_path, model_of(nodes, constants=WEIGHTS)))
    assert found.ended_in == word
    assert found.graph.operators[-1].kind == "Gemm"


def test_what_does_nothing_as_one_predicts_is_left_out(tmp_path):
    nodes = [("Dropout", ["x"], ["d"], {}), ("Identity", ["d"], ["i"], {})]
    nodes += [("Relu", ["i"], ["y"], {})]
    found = read_onnx(written(tmp_path, model_of(nodes)))
    assert [operator.kind for operator in found.graph.operators] == ["Relu"]


def test_narrow_floats_are_widened(tmp_path):
    nodes = [("Cast", ["w"], ["wide"], {"to": 1}), ("Add", ["x", "wide"], ["y"], {})]
    found = read_onnx(written(tmp_path, model_of(nodes, constants={"w": np.float16([0.5])})))
    assert found.tensors["t0"].dtype.is_floating_point and found.tensors["t0"].itemsize == 4


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (lambda: model_of([("Det", ["x"], ["y"], {})]), "operator Det is not known"),
        (lambda: model_of(HEAD, (1, 96, 96, 3), constants=WEIGHTS), "channels before rows"),
        (lambda: model_of(HEAD, (1, 3, 96, 64), constants=WEIGHTS), "channels before rows"),
        (lambda: model_of([("Relu", ["x"], ["y"], {})], opset=8), "operator set 8"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_in_a_sentence(tmp_path, model, says):
    with pytest.raises(UnusableBundle, match=says):
        read_onnx(written(tmp_path, model()))


def test_weights_beside_the_file_are_not_followed(tmp_path):
    model = model_of(HEAD, constants=WEIGHTS)
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 24)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret"
    with pytest.raises(UnusableBundle, match="weights"):
        read_onnx(written(tmp_path, model))


def test_what_is_no_onnx_file_is_refused(tmp_path):
    path = tmp_path / "picture.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(UnusableBundle, match="no ONNX file"):
        read_onnx(path)
    with pytest.raises(UnusableBundle, match="cannot be read"):
        read_onnx(tmp_path / "absent.onnx")
