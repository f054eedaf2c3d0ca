import sys

import pytest
import torch

from dprotonet.images.types import GrayOrColourImage, ImageFacts
from dprotonet.images.windows import Window
from dprotonet.inference.engines import onnx_engine
from dprotonet.inference.engines.network_pass import NetworkPass
from dprotonet.inference.instant import predict_with_maps
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.dprotonet.read_bundle import make_read_bundle
from tests.dprotonet.tiny_bundle import SIZE, make_tiny_bundle, network_input, tiny_images


@pytest.fixture
def runtime():
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)


def fixed(logits, similarities=None):
    class Fixed:
        name = "another engine"

        def run(self, images, watch=()):
            rows = len(images)
            own = torch.zeros(rows, 0) if similarities is None else similarities
            return NetworkPass(logits.expand(rows, -1), own, torch.zeros(rows, 0, 1, 1))

    return Fixed()


def test_engines_that_give_the_same_do_not_differ():
    same = torch.tensor([[1.0, -2.0]])
    assert onnx_engine.difference(fixed(same), fixed(same + 1e-6), torch.zeros(2, 3, 8, 8)) == ""


@pytest.mark.parametrize("other", [[1.0, -2.1], [1.0, float("nan")]])
def test_what_differs_is_said_with_its_size(other):
    one, two = fixed(torch.tensor([[1.0, -2.0]])), fixed(torch.tensor([other]))
    problem = onnx_engine.difference(one, two, torch.zeros(1, 3, 8, 8))
    assert problem.startswith("another engine and another engine differ: logits by")


def test_another_shape_differs():
    logits = torch.tensor([[1.0, -2.0]])
    two = fixed(logits, torch.zeros(1, 3))
    problem = onnx_engine.difference(fixed(logits), two, torch.zeros(1, 3, 8, 8))
    assert "shapes (1, 0) and (1, 3)" in problem


def test_images_of_the_comparison_are_the_same_every_time():
    first, second = onnx_engine.check_images(64), onnx_engine.check_images(64)
    assert torch.equal(first, second) and first.shape[1:] == (3, 64, 64)


def test_without_onnxruntime_torch_predicts(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with caplog.at_level("INFO", logger="dprotonet"):
        predictor = Predictor(make_tiny_bundle(tmp_path / "b"), engine="onnxruntime")
    assert predictor.engine.name == "torch"
    assert "onnxruntime is not installed" in caplog.text


def test_onnxruntime_predicts_what_torch_predicts(runtime, tmp_path):
    bundle = make_tiny_bundle(tmp_path / "b", own_maps=True)
    by_torch, by_onnx = Predictor(bundle), Predictor(bundle, engine="onnxruntime")
    assert by_onnx.engine.name == "onnxruntime"
    for x in network_input(tiny_images(2, 2)):
        ours, theirs = by_torch.predict_tensor(x), by_onnx.predict_tensor(x)
        assert theirs.logits == pytest.approx(ours.logits, abs=1e-4)
        assert [m.prototype for m in theirs.matches] == [m.prototype for m in ours.matches]
        assert theirs.matches[0].own_map is not None


def test_the_gate_is_asked_about_the_same_pass(runtime, tmp_path):
    bundle = make_gated_bundle(tmp_path / "b")
    predictor = Predictor(bundle, engine="onnxruntime")
    assert predictor.engine.name == "onnxruntime"
    x = network_input(tiny_images(2, 1))[0]
    ours, theirs = Predictor(bundle).pass_of(x), predictor.pass_of(x)
    assert theirs.support.distance == pytest.approx(ours.support.distance, rel=1e-4)


def test_where_the_numbers_differ_torch_predicts(runtime, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(onnx_engine, "TOLERANCE", -1.0)
    with caplog.at_level("INFO", logger="dprotonet"):
        predictor = Predictor(make_tiny_bundle(tmp_path / "b"), engine="onnxruntime")
    assert predictor.engine.name == "torch"
    assert "onnxruntime and torch differ: logits" in caplog.text


def test_the_mask_reader_reads_the_same_pass(runtime, tmp_path):
    image = GrayOrColourImage(
        tiny_images(2, 1)[0],
        (Window(128, 256),),
        False,
        None,
        ImageFacts("png", SIZE, SIZE, 1, False, 8),
    )
    bundle = make_read_bundle(tmp_path / "b")
    by_onnx = Predictor(bundle, engine="onnxruntime")
    assert by_onnx.engine.name == "onnxruntime"
    _, ours = predict_with_maps(Predictor(bundle), image)
    _, theirs = predict_with_maps(by_onnx, image)
    torch.testing.assert_close(theirs.maps, ours.maps, rtol=1e-3, atol=1e-3)
