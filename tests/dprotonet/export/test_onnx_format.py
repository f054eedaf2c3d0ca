import json

import numpy as np
import pytest

from dprotonet.export import parity
from dprotonet.export.onnx_format import write_onnx
from dprotonet.inference.predictor import Predictor
from tests.dprotonet.gated_bundle import make_gated_bundle
from tests.dprotonet.imported_bundle import make_imported_bundle
from tests.dprotonet.tiny_bundle import network_input, tiny_images

for package in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(package)


def test_a_file_gives_the_predictors_probabilities_and_says_what_it_is(tmp_path):
    import onnx
    import onnxruntime

    bundle = make_gated_bundle(tmp_path / "b")
    predictor = Predictor(bundle, gate=False)
    path = tmp_path / "out" / "model.onnx"
    found = write_onnx(predictor, path)
    assert found.differences["support_distance"] < 1e-3

    x = network_input(tiny_images(2, 2))
    session = onnxruntime.InferenceSession(str(path))
    names = [output.name for output in session.get_outputs()]
    values = dict(zip(names, session.run(None, {"image": x.numpy()}), strict=True))
    expected = [list(predictor.predict_tensor(one).probabilities.values()) for one in x]
    np.testing.assert_allclose(values["probabilities"], expected, atol=1e-4)

    about = {e.key: e.value for e in onnx.load(path).metadata_props}
    assert about["bundle_digest"] == bundle.digest
    assert json.loads(about["classes"]) == list(bundle.classes)


def test_a_classifier_is_exported_too(tmp_path):
    path = tmp_path / "model.onnx"
    assert write_onnx(Predictor(make_imported_bundle(tmp_path / "i")), path).images >= 4
    assert path.is_file()


def test_a_file_that_differs_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(parity, "TOLERANCE", -1.0)
    path = tmp_path / "model.onnx"
    with pytest.raises(parity.ExportDiffers, match="ONNX file was not kept"):
        write_onnx(Predictor(make_imported_bundle(tmp_path / "i")), path)
    assert not path.exists()
